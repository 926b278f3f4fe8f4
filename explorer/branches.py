"""Where the reader has gone from a text on: paths of tokens that share a root, as they stand in the URL."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.tokens.prefixes import common_prefix

MOST_PATHS = 24
DEEPEST = 40  # tokens of a path: a tree that is wider is read by nobody
MOST_CHARACTERS = 1_200  # of the URL


@dataclass(frozen=True)
class Branches:
    """Paths of token ids after the first `root` tokens of the prompt; none of them begins another."""

    root: int
    paths: tuple[tuple[int, ...], ...] = ()

    def gone(self, before: Sequence[int], now: Sequence[int]) -> "Branches":
        """The branches after a step from one prompt to another, both as token ids.

        What was there before stays as a branch; a step back beyond the root moves the root, and so does a long way on.
        """
        root = min(common_prefix(before, now), self.root)
        if root < min(self.root, len(now)):
            return Branches(len(now))
        root = max(root, len(now) - DEEPEST)
        texts = [(*before[: self.root], *path) for path in self.paths] + [tuple(before), tuple(now)]
        paths = [text[root : root + DEEPEST] for text in texts if text[:root] == tuple(now[:root])]
        kept = [path for i, path in enumerate(paths) if path and not _begins_a_later_or_longer(path, i, paths)]
        gone = Branches(root, tuple(kept[-MOST_PATHS:]))
        while len(gone.encode()) > MOST_CHARACTERS:
            gone = Branches(root, gone.paths[1:])
        return gone

    def encode(self) -> str:
        """As one URL parameter.

        >>> Branches(3, ((7, 8), (9,))).encode()
        '3.7-8.9'
        """
        return ".".join([str(self.root), *("-".join(map(str, path)) for path in self.paths)])


def decode(raw: str, token_ids: Sequence[int], vocab_size: int) -> Branches:
    """The branches of a URL parameter, if they fit the prompt; else none, with the whole prompt as their root."""
    first, *rest = raw.split(".")
    try:
        root = int(first)
        paths = tuple(tuple(map(int, path.split("-"))) for path in rest[:MOST_PATHS])
    except ValueError:
        return Branches(len(token_ids))
    fits = 0 <= root <= len(token_ids) <= root + DEEPEST and all(
        len(path) <= DEEPEST and all(0 <= token_id < vocab_size for token_id in path) for path in paths
    )
    return Branches(root, paths) if fits else Branches(len(token_ids))


def _begins_a_later_or_longer(path: tuple[int, ...], i: int, paths: list[tuple[int, ...]]) -> bool:
    return any(other[: len(path)] == path and (len(other) > len(path) or j > i) for j, other in enumerate(paths))
