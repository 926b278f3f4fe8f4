"""Penn Treebank test perplexity of neural models, beside published ones.

    python -m benchmarks.ptb_neural FOLDER [MODEL ...] [--epochs N]

FOLDER holds ptb.train.txt, ptb.valid.txt and ptb.test.txt, plain or compressed with xz (Mikolov's preprocessing). The
text is read as one, an end token after each line; the state goes on over it, and gradients go back 35 tokens. A row
says how long its training took, on one core or on the GPU: that is the budget, which the published models did not have
to keep. Theirs: Bengio's feed-forward model as Mikolov et al. 2011 measured it, the RNN of Mikolov and Zweig 2012, a
small LSTM as Mikolov et al. 2014 report it, the medium LSTM of Zaremba, Sutskever and Vinyals 2014.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.ptb_ngrams import lines
from benchmarks.report import Row, note, parser, show
from models import device
from models.mixers.feedforward import FeedForwardConfig
from models.mixers.neural_files import Config, network_of
from models.mixers.recurrent import RecurrentConfig
from models.training.batches import Ids, Stream
from models.training.loop import Look, TrainingSettings
from models.training.losses import Sampled
from models.training.next_token import evaluate, training_of

_VOCAB_SIZE = 10_000
_END = 0
_LENGTH = 35  # tokens that a gradient goes back
_DRAWN = 2_048  # tokens of the softmax while learning; the perplexity is that of all


@dataclass(frozen=True)
class Rung:
    """A model of the ladder."""

    config: Config
    epochs: float
    learning_rate: float
    dropout: float
    published: float


def _recurrent(cell: str, n_hidden: int, n_layer: int) -> RecurrentConfig:
    return RecurrentConfig(cell=cell, vocab_size=_VOCAB_SIZE, n_embd=200, n_hidden=n_hidden, n_layer=n_layer)


_FEED_FORWARD = FeedForwardConfig(vocab_size=_VOCAB_SIZE, context=5, n_embd=200, n_hidden=400, start_id=_END)
LADDER = {
    "feed-forward": Rung(_FEED_FORWARD, 8, 1e-3, 0.3, 140.2),
    "RNN": Rung(_recurrent("rnn", 400, 1), 8, 1e-3, 0.3, 124.7),
    "small LSTM": Rung(_recurrent("lstm", 200, 2), 10, 3e-3, 0.2, 114.5),
    "medium LSTM": Rung(_recurrent("lstm", 650, 2), 3, 2e-3, 0.3, 82.7),
}


def _measured(name: str, rung: Rung, epochs: float, texts: dict[str, Ids]) -> Row:
    counts = np.bincount(texts["train"], minlength=_VOCAB_SIZE) + 1.0
    network = network_of(rung.config).to(device.pick())
    training = training_of(
        network,
        Stream(texts["train"], 20, _LENGTH),
        TrainingSettings(
            epochs=epochs, learning_rate=rung.learning_rate, dropout=rung.dropout, looks=max(2, int(epochs)), patience=3
        ),
        Stream(texts["valid"], 20, _LENGTH),
        Sampled(torch.from_numpy(counts / counts.sum()).float(), _DRAWN),
    )
    for event in training:
        if isinstance(event, Look):
            note(f"{name}: {event.tokens:,} tokens, validation perplexity {math.exp(event.held_out_loss):.1f}")
    network.load_state_dict(training.best or network.state_dict())
    perplexity = math.exp(evaluate(network, Stream(texts["test"], 1, 200)))
    return Row(
        f"{name}, {epochs:g} epochs in {training.seconds / 60:.0f} min", perplexity, "perplexity", rung.published
    )


def _rows(names: Sequence[str], epochs: float | None, texts: dict[str, Ids]) -> Iterator[Row]:
    for name in names:
        yield _measured(name, LADDER[name], epochs or LADDER[name].epochs, texts)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("models", nargs="*", default=list(LADDER), metavar="MODEL", help=", ".join(LADDER))
    options.add_argument("--epochs", type=float, help="of every model, in place of its own number")
    given = options.parse_args()
    if unknown := set(given.models) - set(LADDER):
        options.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(LADDER)}")
    device.threads()
    read = {split: lines(given.folder, split) for split in ("train", "valid", "test")}
    words = sorted({word for line in read["train"] for word in line} - {"<unk>"})
    ids = {word: token_id for token_id, word in enumerate(words, start=2)} | {"<unk>": 1}
    texts = {
        split: np.array([token for line in found for token in (*map(ids.__getitem__, line), _END)], dtype=np.int32)
        for split, found in read.items()
    }
    show(_rows(given.models, given.epochs, texts), as_json=given.json)


if __name__ == "__main__":
    main()
