"""How the transformers that ship read texts longer than those they learned from.

    python -m models.zoo.extrapolation CORPUS [NAME ...]     measures, and writes models/zoo/neural/extrapolation.json

CORPUS is what models.zoo.corpus made. Its held-out text is cut into stretches that follow one another; each is read by
itself, at once. So at every length the same tokens are predicted, and only what stands before them differs: the longer
the stretches, the more has been read, and the more places are new to a network.

Source: Press, Smith and Lewis 2022, Train Short, Test Long (figure 1, by its "nonoverlapping inference").
"""

import argparse
import json
import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int

from models.card import read_cards
from models.errors import ModelError
from models.interfaces import Tokenizer
from models.mixers.network import Network
from models.mixers.transformer import TransformerNetwork
from models.tokens.positions import SCHEMES
from models.tokens.words import END_ID, START_ID
from models.training.batches import Ids, Stream
from models.training.losses import full
from models.zoo import corpus, neural

TRAINED = neural.LENGTH
FILE = neural.FOLDER / "extrapolation.json"
NAMES = tuple(f"transformer-{scheme}" for scheme in SCHEMES)
LENGTHS = (16, 32, 64, 128, 192, 256, 384, 512)
PLACES = (0, 16, 32, 48, 64, 80, 96, 128, 192, 256, 384, 512)  # where groups of places begin; the end of the last
TOKENS = 49_152  # 96 of the longest stretches
_AT_ONCE = 1_536  # tokens: a multiple of every length
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Reading:
    """What each token of a text costs if it is read in stretches of one length; the last may be shorter."""

    length: int
    losses: Float[np.ndarray, " pos"]  # nats, in the order of the text

    @property
    def loss(self) -> float:
        """Nats a token."""
        return float(self.losses.mean(dtype=np.float64))

    def by_place(self, places: Sequence[int]) -> list[float]:
        """Nats a token of each group of places in a stretch; a group ends where the next begins."""
        group = _groups(len(self.losses), self.length, places)
        total: list[float] = (
            np.bincount(group, self.losses, len(places) - 1) / np.bincount(group, minlength=len(places) - 1)
        ).tolist()
        return total


@dataclass(frozen=True)
class Curve:
    """What a network makes of a text, in nats a token."""

    by_length: Mapping[int, float]  # read in stretches of so many tokens
    by_place: Sequence[float]  # of the groups of places in the longest ones
    at_once: Sequence[float]  # of the same groups of tokens, read in stretches of the trained length
    sha256: str = ""  # of the weights that ship

    def perplexity(self, length: int) -> float:
        """Read in stretches of that length."""
        return math.exp(self.by_length[length])

    def rise(self, length: int) -> float:
        """How many times the perplexity is that of the trained length."""
        return math.exp(self.by_length[length] - self.by_length[TRAINED])

    @property
    def paired(self) -> list[float]:
        """Of each group of places: how many times the perplexity is that of the same tokens at the trained length."""
        return [math.exp(far - near) for far, near in zip(self.by_place, self.at_once, strict=True)]


@dataclass(frozen=True)
class Extrapolation:
    """Several networks on one text."""

    text: str  # what it is
    tokens: int  # that are predicted
    places: tuple[int, ...]  # as PLACES, as far as the longest stretches go
    curves: Mapping[str, Curve]  # of each scheme of positions

    @property
    def lengths(self) -> tuple[int, ...]:
        """Of the stretches."""
        return tuple(next(iter(self.curves.values())).by_length)


@torch.no_grad()
def read(network: Network, ids: Ids, length: int) -> Reading:
    """Reads a text in stretches of that length. Every token but the first is predicted, once."""
    device = network.bias.device
    losses = list[torch.Tensor]()
    for batch in Stream(ids, _rows(len(ids) - 1, length), length).epoch(0):
        inputs, targets = batch.inputs.to(device), batch.targets.to(device)
        hidden, _ = network(inputs, network.start(len(inputs)))
        losses.append(full(network, hidden.flatten(0, 1), targets.flatten()).view_as(targets).cpu())
    return Reading(length, torch.cat(losses, dim=1).flatten().numpy())


def readings(network: Network, ids: Ids) -> Iterator[Reading]:
    """A text read at every length that it is long enough for."""
    return (read(network, ids, length) for length in LENGTHS if length < len(ids))


def curve(found: Iterable[Reading], sha256: str = "") -> Curve:
    """What readings of one text, at the trained length and others, the longest last, say together."""
    every = {one.length: one for one in found}
    longest = max(every)
    places = places_of(longest)
    near = Reading(longest, every[TRAINED].losses)
    by_length = {length: one.loss for length, one in every.items()}
    return Curve(by_length, every[longest].by_place(places), near.by_place(places), sha256)


def counts(tokens: int, length: int, places: Sequence[int]) -> list[int]:
    """How many tokens each group of places has when so many are read in stretches of one length."""
    found: list[int] = np.bincount(_groups(tokens, length, places), minlength=len(places) - 1).tolist()
    return found


def places_of(length: int) -> tuple[int, ...]:
    """The groups of places in stretches of one of the lengths."""
    return tuple(place for place in PLACES if place <= length)


def encoded(text: str, tokenizer: Tokenizer) -> Ids:
    """A reader's text as the networks learned texts: every sentence between its start and its end token."""
    sentences = [sentence for line in text.splitlines() for sentence in corpus.sentences(line)]
    return np.array([token for one in sentences for token in (START_ID, *tokenizer.encode(one), END_ID)], np.int64)


def shipped() -> Extrapolation:
    """What was measured of the transformers that ship.

    Raises:
        ModelError: nothing was.
    """
    try:
        facts = json.loads(FILE.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(
            "Nothing has been measured yet: python -m models.zoo.extrapolation CORPUS does it. Take a text of your own."
        ) from error
    curves = {
        scheme: Curve(**one | {"by_length": {int(length): loss for length, loss in one["by_length"].items()}})
        for scheme, one in facts["curves"].items()
    }
    return Extrapolation(facts["text"], facts["tokens"], tuple(facts["places"]), curves)


def write(found: Extrapolation) -> None:
    """Writes what ships."""
    FILE.write_text(json.dumps(asdict(found), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def network_of(name: str) -> TransformerNetwork:
    """A transformer that ships, in one of the names."""
    cards = {card.name: card for card in read_cards(neural.CARDS)}
    if name not in cards:
        raise ModelError(f"{name} is not among the models that ship: train it with python -m models.zoo.neural.")
    network = neural.load(cards[name]).network
    if not isinstance(network, TransformerNetwork):
        raise ModelError(f"{name} is no transformer: take one of {', '.join(NAMES)}.")
    return network


def held_out(folder: Path) -> Ids:
    """The beginning of the held-out text: what is predicted, and a token before it."""
    return corpus.encoded(folder, "test")[: TOKENS + 1]


def _groups(tokens: int, length: int, places: Sequence[int]) -> Int[np.ndarray, " pos"]:
    """The group of places that each token falls into."""
    return np.searchsorted(places, np.arange(tokens) % length, side="right") - 1


def _rows(tokens: int, length: int) -> int:
    """How many stretches are read side by side, so that no token is left over."""
    rows = _AT_ONCE // length
    return rows if tokens % (rows * length) == 0 else 1


def _known() -> dict[str, Curve]:
    """What is in the file, if it is of as many tokens."""
    if not FILE.is_file():
        return {}
    found = shipped()
    return dict(found.curves) if (found.tokens, found.places) == (TOKENS, PLACES) else {}


def main() -> None:
    """Measures, and says how it goes."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("corpus", type=Path)
    options.add_argument("names", nargs="*", help="all if none is named")
    given = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    ids = held_out(given.corpus)
    curves = _known()
    sources = {card.name: card.sha256 or "" for card in read_cards(neural.CARDS)}
    for name in given.names or NAMES:
        network, found = network_of(name), list[Reading]()
        for reading in readings(network, ids):
            found.append(reading)
            _LOG.info("%s, %d tokens at once: perplexity %.2f", name, reading.length, math.exp(reading.loss))
        curves[network.config.positions] = curve(found, sources[name])
        ordered = {scheme: _rounded(curves[scheme]) for scheme in SCHEMES if scheme in curves}
        write(Extrapolation("held-out text of the corpus", len(ids) - 1, PLACES, ordered))


def _rounded(one: Curve) -> Curve:
    """With the digits that are worth keeping."""
    by_length = {length: round(loss, 5) for length, loss in one.by_length.items()}
    by_place, at_once = ([round(loss, 5) for loss in losses] for losses in (one.by_place, one.at_once))
    return replace(one, by_length=by_length, by_place=by_place, at_once=at_once)


if __name__ == "__main__":
    main()
