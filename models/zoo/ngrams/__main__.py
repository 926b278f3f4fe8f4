"""Counts the table of n-grams, and measures the models.

python -m models.zoo.ngrams CORPUS     on what models.zoo.corpus made
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.card import ModelCard, write_cards
from models.checkpoints import sha256
from models.mixers.ngram_lm import NGramLM
from models.mixers.ngram_table import cut, discounts_of, packed, pruned
from models.mixers.ngrams import count_flat
from models.mixers.smoothing import Discounted
from models.packing import save_counts
from models.tokens.words import START_ID
from models.zoo import corpus, spelling
from models.zoo.measuring import measured
from models.zoo.ngrams import NAMES, TABLE, table

_MOST = 3_300_000  # n-grams: three bytes each, half of that compressed


def _card(order: int, parameters: int, trained: str) -> ModelCard:
    return ModelCard(
        name=NAMES[order - 1],
        title=f"{NAMES[order - 1].capitalize()}, counted",
        family="ngrams",
        corpus=corpus.DESCRIPTION,
        training=trained,
        licence=corpus.LICENCE,
        source="python -m models.zoo.ngrams",
        precision="counts of the n-grams that matter, larger ones rounded",
        parameters=parameters,
        vocab_size=corpus.VOCAB_SIZE,
        start_token="<s>",
        end_token="</s>",
    )


def _main(folder: Path) -> None:
    began = time.monotonic()
    tokens = corpus.encoded(folder, "train").astype(np.int64)
    counts = count_flat(tokens, len(NAMES), vocab_size=corpus.VOCAB_SIZE, start_id=START_ID)
    discounts = discounts_of(counts)
    save_counts(packed(pruned(counts, discounts, _MOST)) | {"discounts": np.array(discounts)}, TABLE)
    del counts
    predicted, seconds = int((tokens != START_ID).sum()), time.monotonic() - began
    trained = f"{predicted:,} tokens counted once, in {seconds:,.0f} s on one CPU core"
    sizes = np.cumsum(list(map(len, table().counts.ngrams)))
    sentences = (folder / "test.txt").read_text(encoding="utf-8").splitlines()
    cards = []
    for order in range(1, len(NAMES) + 1):
        card = _card(order, int(sizes[order - 1]), trained)
        smoothing = Discounted(cut(table().counts, order), discounts)
        cards.append(measured(NGramLM(smoothing, spelling.tokenizer(), card), sentences))
        print(cards[-1], flush=True)  # noqa: T201 - a command's progress
    hashed = sha256(TABLE)
    write_cards(TABLE.with_name("cards.json"), [replace(card, sha256=hashed) for card in cards])


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
