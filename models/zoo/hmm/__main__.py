"""Trains the word-level hidden Markov model, and measures it.

    python -m models.zoo.hmm CORPUS [--states 128] [--passes 6]     on what models.zoo.corpus made

Training is expectation maximisation in small steps (Liang and Klein 2009, Online EM for Unsupervised Models): after
each batch the expected counts move a little towards those of the batch, less and less.
"""

import argparse
import math
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.card import ModelCard, write_cards
from models.checkpoints import sha256
from models.mixers.hmm import HMM, expected, padded
from models.mixers.hmm_lm import HMMLM
from models.tokens.words import START_ID
from models.zoo import corpus, spelling
from models.zoo.hmm import WEIGHTS, packed, unpacked
from models.zoo.measuring import measured

_BATCH = 60_000  # tokens


def batches(sentences: list[Int[np.ndarray, " pos"]], seed: int) -> Iterator[Int[Tensor, "batch pos"]]:
    """Sentences of about the same length together, in an order of no meaning."""
    order = np.argsort([len(one) for one in sentences], kind="stable")
    groups, start = [], 0
    while start < len(order):
        stop = start + max(1, _BATCH // len(sentences[order[start]]))
        groups.append(order[start:stop])
        start = stop
    for place in np.random.default_rng(seed).permutation(len(groups)):
        yield padded([sentences[i].tolist() for i in groups[place]])


def train(
    sentences: list[Int[np.ndarray, " pos"]], vocab_size: int, states: int, passes: int, seed: int = 0
) -> Iterator[tuple[float, HMM]]:
    """The model after each fiftieth batch, and how many passes are done."""
    generator = torch.Generator().manual_seed(seed)
    seen = np.bincount(np.concatenate(sentences), minlength=vocab_size)
    share = torch.from_numpy(seen / seen.sum()).float()
    counts = [
        torch.ones(states) / states,
        torch.ones(states, states) / states**2 + torch.rand(states, states, generator=generator) / states**2,
        share * (2 * torch.rand(states, vocab_size, generator=generator)).exp() / states,
    ]
    step = 0
    for done in range(passes):
        of = list(batches(sentences, done))
        for i, batch in enumerate(of):
            hmm = _model(counts, share)
            found = expected(hmm, batch)
            tokens = float((batch >= 0).sum())
            rate = (step + 2) ** -0.6
            for count, new, total in zip(
                counts, (found.initial, found.transition, found.emission), (len(batch), tokens, tokens), strict=True
            ):
                count.lerp_(new / total, rate)
            step += 1
            if step % 50 == 0 or i == len(of) - 1:
                yield done + (i + 1) / len(of), _model(counts, share)


def perplexity(hmm: HMM, sentences: list[Int[np.ndarray, " pos"]]) -> float:
    """Per token, the end of each sentence counted, an unknown word as one of the words."""
    total = sum(float(hmm.log_likelihood(batch).double().sum()) for batch in batches(sentences, 0))
    return math.exp(-total / sum(map(len, sentences)))


def _model(counts: list[Tensor], share: Float[Tensor, " symbol"]) -> HMM:
    initial, transition, emission = counts
    # A thousandth of each state is every word's: no word is impossible anywhere.
    emission = emission / emission.sum(1, keepdim=True) * 0.999 + 0.001 * share
    return HMM(
        (initial + 1e-9).log().log_softmax(-1),
        (transition + 1e-9).log().log_softmax(-1),
        emission.log().log_softmax(-1),
    )


def sentences_of(ids: corpus.Ids) -> list[Int[np.ndarray, " pos"]]:
    """Each sentence with its end token, without its start token, which no state emits."""
    starts = np.flatnonzero(ids == START_ID)
    return [ids[start + 1 : stop].astype(np.int64) for start, stop in pairwise([*starts, len(ids)])]


def finish(folder: Path, states: int, trained: str) -> None:
    """Measures what was trained, and writes weights and card; `trained` says how, for the card."""
    weights = load_file(folder / f"hmm-{states}.safetensors")
    save_file(weights, WEIGHTS)
    size = corpus.VOCAB_SIZE
    card = ModelCard(
        name="hmm",
        title=f"Hidden Markov model, {states} states",
        family="hmm",
        corpus=corpus.DESCRIPTION,
        training=trained,
        licence=corpus.LICENCE,
        source="python -m models.zoo.hmm",
        precision="emissions in 8 bits, transitions in 16",
        parameters=states * (size + states + 1),
        vocab_size=size,
        start_token="<s>",
        end_token="</s>",
        sha256=sha256(WEIGHTS),
    )
    sentences = (folder / "test.txt").read_text(encoding="utf-8").splitlines()
    write_cards(
        WEIGHTS.with_name("cards.json"), [measured(HMMLM(unpacked(weights), spelling.tokenizer(), card), sentences)]
    )


def _main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("corpus", type=Path)
    options.add_argument("--states", type=int, default=128)
    options.add_argument("--passes", type=int, default=6)
    arguments = options.parse_args()
    torch.set_num_threads(1)
    sentences = sentences_of(corpus.encoded(arguments.corpus, "train"))
    dev = sentences_of(corpus.encoded(arguments.corpus, "dev"))[:3000]
    began = time.monotonic()
    for done, hmm in train(sentences, corpus.VOCAB_SIZE, arguments.states, arguments.passes):
        seconds, so_far = time.monotonic() - began, perplexity(hmm, dev)
        print(f"{done:6.2f} passes, {seconds:6.0f} s, dev perplexity {so_far:.1f}", flush=True)  # noqa: T201
        save_file(packed(hmm), arguments.corpus / f"hmm-{arguments.states}.safetensors")
    tokens = arguments.passes * sum(map(len, sentences))
    seconds = time.monotonic() - began
    finish(
        arguments.corpus,
        arguments.states,
        f"{arguments.passes} passes, {tokens:,} tokens in all, in {seconds:,.0f} s on one CPU core",
    )


if __name__ == "__main__":
    _main()
