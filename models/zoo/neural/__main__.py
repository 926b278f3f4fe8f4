"""Trains the neural models of words.

    python -m models.zoo.neural NAME CORPUS     on what models.zoo.corpus made

NAME is one of ffn-2, ffn-4, ffn-8, rnn, lstm, gru. A run that was stopped goes on where its last checkpoint, in CORPUS,
was made.
"""

import argparse
import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from models.card import ModelCard, read_cards, write_cards
from models.checkpoints import sha256
from models.mixers import neural_files
from models.mixers.feedforward import FeedForwardConfig
from models.mixers.neural_files import Config, network_of
from models.mixers.neural_lm import NeuralLM
from models.mixers.recurrent import RecurrentConfig
from models.tokens.words import START_ID
from models.training.batches import Sentences, cut
from models.training.loop import Look, Training, TrainingSettings, evaluate
from models.training.losses import Sampled
from models.zoo import corpus, spelling
from models.zoo.measuring import measured
from models.zoo.neural import CARDS, weights

TOKENS = 12_000_000  # of the text: all models learn from the same
_N_EMBD, _N_HIDDEN = 128, 384
_BATCH = 64  # sentences
_DRAWN = 2_048  # tokens of the softmax
_DEV = 2_000  # sentences
_EVERY = 60.0  # seconds between two checkpoints
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """What a model is, and how it is trained."""

    config: Config
    settings: TrainingSettings


def _recurrent(cell: str, learning_rate: float) -> Recipe:
    config = RecurrentConfig(cell=cell, vocab_size=corpus.VOCAB_SIZE, n_embd=_N_EMBD, n_hidden=_N_HIDDEN)
    return Recipe(config, TrainingSettings(epochs=4.0, learning_rate=learning_rate, dropout=0.1, looks=24, patience=24))


def _feed_forward(context: int) -> Recipe:
    config = FeedForwardConfig(
        vocab_size=corpus.VOCAB_SIZE, context=context, n_embd=_N_EMBD, n_hidden=_N_HIDDEN, start_id=START_ID
    )
    return Recipe(config, TrainingSettings(epochs=4.0, learning_rate=2e-3, dropout=0.1, looks=24, patience=24))


TITLES = {
    **{f"ffn-{context}": f"Feed-forward LM, {context} tokens" for context in (2, 4, 8)},
    "rnn": "Recurrent network (RNN)",
    "lstm": "LSTM",
    "gru": "GRU",
}
RECIPES = {
    **{f"ffn-{context}": _feed_forward(context) for context in (2, 4, 8)},
    "rnn": _recurrent("rnn", 1e-3),
    "lstm": _recurrent("lstm", 3e-3),
    "gru": _recurrent("gru", 2e-3),
}


def training_of(name: str, folder: Path) -> Training:
    """A training that is about to begin."""
    recipe = RECIPES[name]
    ids = corpus.encoded(folder, "train")[:TOKENS]
    dev = cut(corpus.encoded(folder, "dev"), START_ID)[:_DEV]
    counts = np.bincount(ids, minlength=corpus.VOCAB_SIZE) + 1.0
    sampled = Sampled(torch.from_numpy(counts / counts.sum()).float(), _DRAWN)
    sentences = cut(ids, START_ID)[:-1]  # the last one is cut off
    return Training(
        network_of(recipe.config), Sentences(sentences, _BATCH), recipe.settings, Sentences(dev, _BATCH), sampled
    )


def finish(name: str, training: Training, folder: Path) -> None:
    """Packs the best weights, says what that costs, measures, and writes weights and card."""
    network, tokens = training.network, training.tokens
    network.load_state_dict(training.best or network.state_dict())
    dev = Sentences(cut(corpus.encoded(folder, "dev"), START_ID)[:_DEV], _BATCH)
    neural_files.save(network, weights(name))
    small = neural_files.load(weights(name))
    _LOG.info("dev loss %.4f in 32 bits, %.4f in 8", evaluate(network, dev), evaluate(small, dev))
    card = ModelCard(
        name=name,
        title=TITLES[name],
        family="feedforward" if isinstance(RECIPES[name].config, FeedForwardConfig) else "recurrent",
        corpus=f"the first {TOKENS:,} tokens of {corpus.DESCRIPTION}",
        training=f"{tokens:,} tokens, those of each epoch counted; {training.seconds:,.0f} s on a CPU core",
        licence=corpus.LICENCE,
        source=f"python -m models.zoo.neural {name}",
        precision="8 bits a weight",
        parameters=sum(one.numel() for one in network.parameters()),
        vocab_size=corpus.VOCAB_SIZE,
        start_token="<s>",
        end_token="</s>",
        sha256=sha256(weights(name)),
    )
    sentences = (folder / "test.txt").read_text(encoding="utf-8").splitlines()
    others = read_cards(CARDS) if CARDS.is_file() else []
    mine = measured(NeuralLM(small, spelling.tokenizer(), card), sentences)
    cards = {one.name: one for one in (*others, mine)}
    write_cards(CARDS, [cards[known] for known in RECIPES if known in cards])


def main() -> None:
    """Trains, and says how it goes."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", choices=RECIPES)
    options.add_argument("corpus", type=Path)
    given = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    checkpoint = given.corpus / f"{given.name}.pt"
    training = training_of(given.name, given.corpus)
    if checkpoint.is_file():
        training.resume(checkpoint)
    saved, losses = time.monotonic(), list[float]()
    for event in training:
        if isinstance(event, Look):
            _LOG.info(
                "step %d, %d tokens: dev perplexity %.1f", event.step, event.tokens, math.exp(event.held_out_loss)
            )
            continue
        losses.append(event.loss)
        if time.monotonic() - saved > _EVERY:
            training.save(checkpoint)
            saved = time.monotonic()
            pace = event.tokens / event.seconds
            loss = float(np.mean(losses))
            losses.clear()
            _LOG.info("step %d of %d, %.0f tokens/s, loss %.3f", event.step, training.steps, pace, loss)
    training.save(checkpoint)
    finish(given.name, training, given.corpus)


if __name__ == "__main__":
    main()
