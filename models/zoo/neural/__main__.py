"""Trains the neural models.

    python -m models.zoo.neural NAME CORPUS     on what models.zoo.corpus made

NAME is one of ffn-2, ffn-4, ffn-8, rnn, lstm, gru, of words, char-rnn, char-lstm, char-gru, of characters, and
transformer-none, -sinusoidal, -learned, -alibi, -rope, -t5, of words. A run that was stopped goes on where its last
checkpoint, in CORPUS, was made.
"""

import argparse
import logging
import math
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
from models.mixers.transformer import TransformerConfig
from models.tokens.positions import SCHEMES
from models.tokens.words import END_ID, START_ID
from models.training import checkpointed, next_token
from models.training.batches import Ids, Sentences, Stream, cut
from models.training.loop import TrainingSettings
from models.training.losses import Sampled
from models.training.next_token import LanguageTraining, Text, evaluate
from models.zoo import corpus, spelling
from models.zoo.measuring import measured
from models.zoo.neural import CARDS, LENGTH, tokenizer, weights

CHARACTERS = 40_000_000  # of the text, the ends of sentences counted: models of characters learn from these
_DRAWN = 2_048  # words of the softmax
_DEV = 2_000  # sentences
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """What a model is, and how it is trained: on no token twice, so nothing need keep it from learning by heart."""

    title: str
    config: Config
    learning_rate: float
    batch_size: int  # sentences
    epochs: float = 1.0  # at most one

    @property
    def settings(self) -> TrainingSettings:
        """For the training loop."""
        return TrainingSettings(epochs=self.epochs, learning_rate=self.learning_rate, looks=12, patience=12)

    @property
    def is_of_words(self) -> bool:
        """Not of characters."""
        return self.config.vocab_size == corpus.VOCAB_SIZE


def _words(cell: str, title: str, learning_rate: float) -> Recipe:
    config = RecurrentConfig(cell=cell, vocab_size=corpus.VOCAB_SIZE, n_embd=128, n_hidden=384)
    return Recipe(title, config, learning_rate, batch_size=64)


def _characters(cell: str, title: str, learning_rate: float) -> Recipe:
    vocab_size = spelling.characters().vocab_size
    config = RecurrentConfig(cell=cell, vocab_size=vocab_size, n_embd=64, n_hidden=256)
    return Recipe(f"{title} of characters", config, learning_rate, batch_size=32)


def _feed_forward(context: int) -> Recipe:
    config = FeedForwardConfig(
        vocab_size=corpus.VOCAB_SIZE, context=context, n_embd=128, n_hidden=384, start_id=START_ID
    )
    return Recipe(f"Feed-forward LM, {context} tokens", config, 2e-3, batch_size=64)


def _transformer(positions: str) -> Recipe:
    config = TransformerConfig(vocab_size=corpus.VOCAB_SIZE, n_embd=112, n_layer=3, n_head=4, positions=positions)
    title = f"Transformer, {SCHEMES[positions] if positions != 'none' else 'no positions'}"
    return Recipe(title, config, 2e-3, batch_size=32, epochs=0.5)


_CELLS = {"rnn": ("RNN", 1e-3), "lstm": ("LSTM", 3e-3), "gru": ("GRU", 2e-3)}  # title, learning rate
RECIPES = {
    **{f"ffn-{context}": _feed_forward(context) for context in (2, 4, 8)},
    **{cell: _words(cell, *facts) for cell, facts in _CELLS.items()},
    **{f"char-{cell}": _characters(cell, *facts) for cell, facts in _CELLS.items()},
    **{f"transformer-{positions}": _transformer(positions) for positions in SCHEMES},
}


def sentences(name: str, folder: Path, part: str) -> list[Ids]:
    """The sentences of a part of the corpus, as the model of that name reads them."""
    if RECIPES[name].is_of_words:
        return cut(corpus.encoded(folder, part), START_ID)
    encode, found, left = tokenizer(name).encode, list[Ids](), CHARACTERS
    with (folder / f"{part}.txt").open(encoding="utf-8") as lines:
        for line in lines:
            found.append(np.array([START_ID, *encode(line.rstrip("\n")), END_ID], dtype=np.uint8))
            left -= len(found[-1]) - 1
            if left < 0:
                break
    return found


def _batches(name: str, folder: Path, part: str, most: int | None = None) -> Text:
    """What is read at once: sentences side by side, but by a transformer stretches of the running text."""
    recipe, found = RECIPES[name], sentences(name, folder, part)[:most]
    if isinstance(recipe.config, TransformerConfig):
        return Stream(np.concatenate(found), recipe.batch_size, LENGTH)
    return Sentences(found, recipe.batch_size)


def training_of(name: str, folder: Path) -> LanguageTraining:
    """A training that is about to begin."""
    recipe = RECIPES[name]
    sampled = None
    if recipe.is_of_words:
        counts = np.bincount(corpus.encoded(folder, "train"), minlength=corpus.VOCAB_SIZE) + 1.0
        sampled = Sampled(torch.from_numpy(counts / counts.sum()).float(), _DRAWN)
    batches, held_out = _batches(name, folder, "train"), _batches(name, folder, "dev", _DEV)
    return next_token.training_of(network_of(recipe.config), batches, recipe.settings, held_out, sampled)


def finish(name: str, training: LanguageTraining, folder: Path) -> None:
    """Packs the best weights, says what that costs, measures, and writes weights and card."""
    recipe, network = RECIPES[name], training.network
    network.load_state_dict(training.best or network.state_dict())
    dev = _batches(name, folder, "dev", _DEV)
    neural_files.save(network, weights(name))
    small = neural_files.load(weights(name))
    _LOG.info("dev loss %.4f in 32 bits, %.4f in 8", evaluate(network, dev), evaluate(small, dev))
    of = "" if recipe.is_of_words else f"the first {CHARACTERS:,} characters of "
    card = ModelCard(
        name=name,
        title=recipe.title,
        family=neural_files.kind_of(recipe.config),
        corpus=f"{of}{corpus.DESCRIPTION}",
        training=f"{training.tokens:,} tokens, each once; {training.seconds:,.0f} s on a CPU core",
        licence=corpus.LICENCE,
        source=f"python -m models.zoo.neural {name}",
        precision="8 bits a weight",
        parameters=sum(one.numel() for one in network.parameters()),
        vocab_size=recipe.config.vocab_size,
        block_size=_block_size(recipe.config),
        start_token="<s>",
        end_token="</s>",
        sha256=sha256(weights(name)),
        can=frozenset({"trace"}),
    )
    held_out = (folder / "test.txt").read_text(encoding="utf-8").splitlines()
    mine = measured(NeuralLM(small, tokenizer(name), card), held_out)
    others = read_cards(CARDS) if CARDS.is_file() else []
    cards = {one.name: one for one in (*others, mine)}
    write_cards(CARDS, [cards[known] for known in RECIPES if known in cards])


def _block_size(config: Config) -> int | None:
    """How many tokens it can read at once, the start token among them; None: there is no end."""
    return config.block_size if isinstance(config, TransformerConfig) and config.positions == "learned" else None


def main() -> None:
    """Trains, and says how it goes."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", choices=RECIPES)
    options.add_argument("corpus", type=Path)
    given = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    training = training_of(given.name, given.corpus)
    for look in checkpointed.looks(training, given.corpus / f"{given.name}.pt", _LOG):
        _LOG.info("step %d, %d tokens: dev perplexity %.2f", look.step, look.tokens, math.exp(look.held_out_loss))
    finish(given.name, training, given.corpus)


if __name__ == "__main__":
    main()
