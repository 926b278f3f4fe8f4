"""A small hidden Markov model as a text that a reader can change, one line a state."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from models.errors import ModelError
from models.mixers.hmm import HMM, Viterbi
from models.tokens.words import WordTokenizer

MOST_STATES = 6
MOST_WORDS = 50
MOST_POSITIONS = 14
FORM = "Noun: 0.4 | Noun 0.1 Verb 0.9 | fish 0.7 can 0.3"

# The model and the text of each example. All numbers are invented.
WORD_CLASSES = """Det: 0.5 | Noun 1 | the 0.7 a 0.3
Noun: 0.4 | Noun 0.1 Modal 0.5 Verb 0.4 | people 0.4 fish 0.4 can 0.2
Modal: 0.05 | Verb 1 | can 0.6 may 0.4
Verb: 0.05 | Det 0.6 Noun 0.4 | fish 0.5 can 0.2 swim 0.3"""
FISH = "the fish can fish"
ICE_CREAMS = """Hot: 0.5 | Hot 0.7 Cold 0.3 | 1 0.1 2 0.3 3 0.6
Cold: 0.5 | Hot 0.4 Cold 0.6 | 1 0.6 2 0.3 3 0.1"""
HIKE = """Valley: 0.4 | Inn 1 | walking 1
Ridge: 0.6 | Lake 0.5 Hut 0.5 | walking 1
Inn: 0 | Inn 1 | resting 1
Lake: 0 | Lake 1 | resting 1
Hut: 0 | Hut 1 | resting 1"""


@dataclass(frozen=True, eq=False)
class SmallModel:
    """A model of few states and words, with their names."""

    states: tuple[str, ...]
    words: tuple[str, ...]
    hmm: HMM
    divided: tuple[str, ...]  # what did not sum to 1 and was divided by its sum


@dataclass(frozen=True, eq=False)
class Observation:
    """A text, and all that a small model says of it, as logarithms."""

    model: SmallModel
    words: tuple[str, ...]
    symbols: tuple[int, ...]
    forward: list[list[float]]  # ln alpha, a row a position
    backward: list[list[float]]  # ln beta
    viterbi: Viterbi
    log_prob: float  # ln P(text)

    def posterior(self, t: int, state: int) -> float:
        """P(h_t | the whole text)."""
        return math.exp(self.forward[t][state] + self.backward[t][state] - self.log_prob)

    def so_far(self, t: int, state: int) -> float:
        """P(h_t | the text up to t)."""
        row = self.forward[t]
        most = max(row)
        return math.exp(row[state] - most) / sum(math.exp(value - most) for value in row)

    def best_alone(self) -> list[int]:
        """The most probable state of each position, taken by itself."""
        states = range(len(self.model.states))
        return [max(states, key=lambda state: self.posterior(t, state)) for t in range(len(self.words))]


def parse(text: str) -> SmallModel:
    """The model that a text describes, each row divided by its sum.

    Raises:
        ModelError: it describes none; the message names the line.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not 1 <= len(lines) <= MOST_STATES:
        raise ModelError(f"The model has {len(lines)} lines: write 1 to {MOST_STATES}, one a state, like {FORM}")
    found: list[tuple[str, float, dict[str, float], dict[str, float]]] = []
    for number, line in enumerate(lines, 1):
        name, colon, rest = (part.strip() for part in line.partition(":"))
        parts = rest.split("|")
        if not (name and colon and len(parts) == 3):
            raise ModelError(f"Line {number} of the model does not look like {FORM}")
        where = f"Line {number} ({name})"
        first = _number(parts[0].strip(), where)
        found.append((name, first, _pairs(parts[1], where), _pairs(parts[2], where)))
    states = tuple(name for name, *_ in found)
    if len(set(states)) < len(states):
        raise ModelError("Two states of the model have the same name.")
    unknown = [after for _, _, row, _ in found for after in row if after not in states]
    if unknown:
        raise ModelError(f"There is no state {unknown[0]!r} in the model: its states are {', '.join(states)}.")
    words = tuple(dict.fromkeys(word for *_, row in found for word in row))
    folded: dict[str, str] = {}
    for word in words:
        if folded.setdefault(word.casefold(), word) != word:
            raise ModelError(f"{folded[word.casefold()]} and {word} are the same word here: write it in one way.")
    if len(words) > MOST_WORDS:
        raise ModelError(f"The model has {len(words)} words: at most {MOST_WORDS} are shown here.")
    divided = list[str]()
    initial = _shares([first for _, first, _, _ in found], "P(first)", divided)
    transition = [
        _shares([row.get(s, 0.0) for s in states], f"{name}: next states", divided) for name, _, row, _ in found
    ]
    emission = [_shares([row.get(w, 0.0) for w in words], f"{name}: words", divided) for name, *_, row in found]
    tables = (torch.tensor(table, dtype=torch.double) for table in (initial, transition, emission))
    return SmallModel(states, words, HMM.of(*tables), tuple(divided))


def observe(model: SmallModel, text: str) -> Observation:
    """What a model says of a text.

    Raises:
        ModelError: it has no words, too many, or such as the model does not know; or no path gives it.
    """
    known = {word.casefold(): i for i, word in enumerate(model.words)}
    # What the model calls a word is one, whatever signs it holds; all else is cut as words are elsewhere.
    words = [
        word
        for piece in text.split()
        for word in ([piece] if piece.casefold() in known else WordTokenizer.pieces(piece))
    ]
    strange = [word for word in dict.fromkeys(words) if word.casefold() not in known]
    if not words or strange:
        said = f"This model does not know {_quoted(strange)}." if strange else "There is no text yet."
        raise ModelError(f"{said} Use the words that it knows: {', '.join(model.words)}.")
    if len(words) > MOST_POSITIONS:
        raise ModelError(f"{len(words)} words: at most {MOST_POSITIONS} fit into this picture. Write a shorter text.")
    symbols = [known[word.casefold()] for word in words]
    observed = torch.tensor([symbols])
    log_prob = float(model.hmm.log_likelihood(observed)[0])
    if log_prob == -math.inf:
        raise ModelError("No path of states gives this text: its probability is 0. Change the text or the model.")
    return Observation(
        model,
        tuple(words),
        tuple(symbols),
        model.hmm.forward(observed)[0].tolist(),
        model.hmm.backward(observed)[0].tolist(),
        model.hmm.viterbi(observed[0]),
        log_prob,
    )


def _number(written: str, where: str) -> float:
    try:
        number = float(written)
    except ValueError:
        raise ModelError(f"{where}: {written!r} is no number. Write a probability such as 0.3.") from None
    if not (math.isfinite(number) and number >= 0):
        raise ModelError(f"{where}: {written} is no probability. Write a number from 0 to 1.")
    return number


def _pairs(written: str, where: str) -> dict[str, float]:
    parts = [part.strip(",") for part in written.split()]
    if len(parts) % 2:
        raise ModelError(f"{where}: after each name comes its probability, as in: fish 0.4 swim 0.6.")
    pairs = {name: _number(number, where) for name, number in zip(parts[::2], parts[1::2], strict=True)}
    if len(pairs) < len(parts) // 2:
        raise ModelError(f"{where}: a name stands there twice.")
    return pairs


def _shares(row: Sequence[float], name: str, divided: list[str]) -> list[float]:
    total = sum(row)
    if total == 0 or not math.isfinite(total):
        raise ModelError(f"{name}: the numbers sum to {total:g}. At least one must be above 0.")
    if abs(total - 1) < 1e-9:
        return list(row)
    divided.append(f"{name} ({total:g})")
    return [value / total for value in row]


def _quoted(words: Sequence[str], most: int = 3, letters: int = 20) -> str:
    shown = [repr(word if len(word) <= letters else word[:letters] + "…") for word in words[:most]]
    return ", ".join(shown) + (f" and {len(words) - most} others" if len(words) > most else "")
