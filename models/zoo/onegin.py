"""Markov's sequence of 1913: the first 20,000 letters of Pushkin's Eugene Onegin, each a vowel or a consonant.

The letters without the hard and the soft sign (as Markov counted them) and with й as a vowel, from «Мой дядя» on
without headings, end with the sixteenth stanza of chapter two, as he says. Only which of them are vowels ships, one bit
each.

    python -m models.zoo.onegin ONEGIN.txt     rebuilds it from the Russian text
"""

import re
import sys
from pathlib import Path

import numpy as np
from jaxtyping import Bool

LETTERS = 20_000
# Published by Markov; recounted on another edition of the text the numbers differ by a few letters.
PUBLISHED = {"vowels": 8_638, "vowel pairs": 1_104, "vowel after vowel": 0.128, "vowel after consonant": 0.663}
_FILE = Path(__file__).parent / "onegin.bits"
_VOWELS = frozenset("аеёиоуыэюяй")
_DROPPED = frozenset("ъь")


def load() -> Bool[np.ndarray, " letter"]:
    """Whether each letter is a vowel."""
    packed = np.frombuffer(_FILE.read_bytes(), dtype=np.uint8)
    return np.unpackbits(packed)[:LETTERS].astype(bool)


def vowels(text: str) -> Bool[np.ndarray, " letter"]:
    """The same of a Russian text: its first letters, without headings, signs and accents."""
    plain = text.replace("\u0301", "")
    begun = plain[plain.index("Мой дядя") :]
    lines = [line for line in begun.splitlines() if not re.fullmatch(r"\s*([IVXLCХ, .–—-]+|глава\b.*)\s*", line, re.I)]
    letters = [letter for letter in "".join(lines).lower() if "а" <= letter <= "я" or letter == "ё"]
    kept = [letter for letter in letters if letter not in _DROPPED][:LETTERS]
    return np.array([letter in _VOWELS for letter in kept])


if __name__ == "__main__":
    _FILE.write_bytes(np.packbits(vowels(Path(sys.argv[1]).read_text(encoding="utf-8"))).tobytes())
