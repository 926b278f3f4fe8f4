"""What a Markov chain's states can be: classes of letters, letters or words of a text, or those of a typed matrix."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from models.errors import ModelError
from models.mixers.markov import MarkovChain
from models.tokens.words import WordTokenizer

CLASSES = "vowel: aeiouyæøœ аеёиоуыэюя αεηιουω; consonant"
MOST_STATES = 200  # of their own; a larger table would be slow to multiply
MOST_CLASSES, MOST_ROWS = 12, 30
REST = "(all others)"
_LONGEST_NAME = 30
_LEAST = 1e-9  # of a probability that is not 0


@dataclass(frozen=True)
class StateSequence:
    """A text as states: their numbers in order, and their names."""

    states: list[int]
    names: list[str]
    left_out: int = 0  # letters that are in no class


@dataclass(frozen=True, eq=False)
class TypedChain:
    """A chain that was typed, and the states whose numbers had to be divided by their sum."""

    chain: MarkovChain
    scaled: tuple[str, ...]


def letters_and_words(text: str, kind: str) -> StateSequence:
    """The letters or the words of a text as states; beyond `MOST_STATES` the rare ones share one.

    Args:
        text: any text.
        kind: "letters" (signs and spaces are no states) or "words".

    >>> letters_and_words("A rose, a", "letters").names
    ['a', 'r', 'o', 's', 'e']
    """
    if kind == "words":
        names = [text[start:stop].lower() for start, stop in WordTokenizer.cut(text)]
    else:
        names = [letter for letter in text.lower() if letter.isalpha()]
    most = {name for name, _ in Counter(names).most_common(MOST_STATES)}
    names = [name if name in most else REST for name in names]
    place = {state: i for i, state in enumerate(dict.fromkeys(names))}
    return StateSequence([place[name] for name in names], list(place))


def in_classes(text: str, description: str = CLASSES) -> StateSequence:
    """The letters of a text, each as the class it is in.

    A letter with an accent is in the class of the one without it, unless it is listed itself.

    Args:
        text: any text; upper and lower case are the same.
        description: "name: letters; name: letters; name": a name alone takes all letters that are not listed.

    Raises:
        ModelError: the description can't be read.

    >>> in_classes("Banana!", "vowels: aeiou; others").states
    [1, 0, 1, 0, 1, 0]
    """
    classes = _classes(description)
    rest = next((i for i, (_, letters) in enumerate(classes) if not letters), None)
    listed = {letter: i for i, (_, letters) in enumerate(classes) for letter in letters}
    lower = text.lower()
    place = {letter: _class(letter, listed, rest) for letter in set(lower)}
    states = [i for letter in lower if (i := place[letter]) is not None]
    letters = sum(letter.isalpha() and place[letter] is None for letter in lower)
    return StateSequence(states, [name for name, _ in classes], letters)


def _class(letter: str, listed: dict[str, int], rest: int | None) -> int | None:
    plain = unicodedata.normalize("NFD", letter)[0]
    return listed.get(letter, listed.get(plain, rest if letter.isalpha() else None))


def _classes(description: str) -> list[tuple[str, frozenset[str]]]:
    """The name and the letters of each class; none: all others."""
    parts = [part.strip() for part in re.split(r"[;\n]", description) if part.strip()]
    classes = [_one_class(part) for part in parts]
    if not 2 <= len(classes) <= MOST_CLASSES:
        raise ModelError(
            f"A chain needs 2 to {MOST_CLASSES} classes, and here is {len(classes)}: "
            "write them like this: vowels: aeiou; consonants"
        )
    _check_names([name for name, _ in classes])
    alone = [name for name, letters in classes if not letters]
    if len(alone) > 1:
        raise ModelError(
            f"{alone[0]!r} and {alone[1]!r} both stand without letters; only one class can take all others."
        )
    seen: dict[str, str] = {}
    for name, letters in classes:
        for letter in sorted(letters):
            if letter in seen:
                raise ModelError(f"{letter!r} is in two classes, {seen[letter]!r} and {name!r}. Take it out of one.")
            seen[letter] = name
    return classes


def _one_class(part: str) -> tuple[str, frozenset[str]]:
    name, colon, letters = part.partition(":")
    listed = frozenset(letter for letter in letters.lower() if not letter.isspace() and letter != ",")
    if colon and not listed:
        raise ModelError(f"{name.strip()!r} has no letters after its colon. Without the colon it takes all others.")
    return name.strip(), listed


def typed_chain(text: str) -> TypedChain:
    """A chain from lines like `sunny: 0.8 0.2`: a state, and the probabilities of going to each state in turn.

    Raises:
        ModelError: it is no chain; the message says which line is wrong.

    >>> typed_chain("sunny: 0.8 0.2; rainy: 1/2 1/2").chain.transition.tolist()
    [[0.8, 0.2], [0.5, 0.5]]
    """
    lines = [line.strip() for line in re.split(r"[;\n]", text) if line.strip()]
    if not 1 <= len(lines) <= MOST_ROWS:
        raise ModelError(f"Type 1 to {MOST_ROWS} lines, one for each state, like this: sunny: 0.8 0.2")
    names = [line.rpartition(":")[0].strip() if ":" in line else str(i) for i, line in enumerate(lines, 1)]
    _check_names(names)
    rows = [_row(name, line.rpartition(":")[2]) for name, line in zip(names, lines, strict=True)]
    for name, row in zip(names, rows, strict=True):
        if len(row) != len(rows):
            raise ModelError(
                f"{name!r} has {len(row)} numbers, but there are {len(rows)} states: "
                "each line has one number for each state, with a point for decimals."
            )
    table = np.array(rows)
    sums = table.sum(1)
    if not sums.all():
        raise ModelError(f"{names[int(np.argmin(sums))]!r} goes nowhere: one of its numbers must be above 0.")
    scaled = tuple(name for name, total in zip(names, sums, strict=True) if abs(total - 1) > 1e-6)
    table = table / sums[:, None]
    if ((table > 0) & (table < _LEAST)).any():
        raise ModelError(f"A probability is 0 or at least {_LEAST:g} of its line: one here is smaller.")
    return TypedChain(MarkovChain(tuple(names), table), scaled)


def _row(name: str, numbers: str) -> list[float]:
    row = []
    for word in re.split(r"[\s,]+", numbers.strip()):
        if not re.fullmatch(r"[0-9]{1,12}/[0-9]{1,12}|[0-9.]{1,20}(e-?[0-9]{1,2})?", word):
            raise ModelError(
                f"{word[:_LONGEST_NAME]!r} in the line of {name!r} is no probability: write 0.25, or 1/4."
                if word
                else f"{name!r} has no numbers after its colon."
            )
        try:
            row.append(float(Fraction(word)))
        except (ValueError, ZeroDivisionError) as error:
            raise ModelError(f"{word!r} in the line of {name!r} is no number.") from error
    return row


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if not name:
            raise ModelError("A name is missing before a colon.")
        if len(name) > _LONGEST_NAME:
            raise ModelError(f"The name {name[:12]!r}… is longer than {_LONGEST_NAME} characters. Shorten it.")
        if names.count(name) > 1:
            raise ModelError(f"{name!r} stands there twice. Give each its own name.")
