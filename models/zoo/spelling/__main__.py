"""Counts the spellings of unknown words.

python -m models.zoo.spelling CORPUS     on what models.zoo.corpus made
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np

from models.mixers.ngram_table import discounts_of, packed, pruned
from models.mixers.ngrams import count
from models.packing import save_counts
from models.tokens.words import END_ID, START_ID, CharacterTokenizer, WordTokenizer
from models.zoo import corpus
from models.zoo.spelling import FILE

_ORDER = 5
_MOST = 320_000  # n-grams: about 0.5 MB
_SELDOM = 50  # characters that come less often are all one to the model


def _main(folder: Path) -> None:
    known, unknown = set(corpus.vocabulary()), Counter[str]()
    with (folder / "train.txt").open(encoding="utf-8") as lines:
        for line in lines:
            unknown.update(word for start, stop in WordTokenizer.cut(line) if (word := line[start:stop]) not in known)
    often = Counter[str]()
    for word, times in unknown.items():
        for character in word:
            often[character] += times
    characters = [character for character, times in often.most_common() if times >= _SELDOM]
    letters = CharacterTokenizer(characters)
    # A word counts as often as it comes: the more frequent of the unknown words are the more likely ones.
    words = ([START_ID, *letters.encode(word), END_ID] for word, times in unknown.items() for _ in range(times))
    counts = count(words, _ORDER, vocab_size=letters.vocab_size, start_id=START_ID)
    discounts = discounts_of(counts)
    arrays = packed(pruned(counts, discounts, _MOST))
    arrays["characters"] = np.array([ord(character) for character in characters], dtype=np.int32)
    arrays["discounts"] = np.array(discounts)
    save_counts(arrays, FILE)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
