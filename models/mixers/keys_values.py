"""Keys and values of prefixes that were already read, so that a longer text costs only its new tokens.

The only state inside a model. Entries are never changed once stored, so any thread may read them.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from torch import Tensor

from models.tokens.prefixes import common_prefix

Layers = list[tuple[Tensor, Tensor]]  # a layer: keys and values, each of shape (1, head, pos, head_size)


class PrefixStore:
    """The last used prefixes, at most `max_bytes` and `max_entries` of them."""

    def __init__(self, max_bytes: int, max_entries: int = 128) -> None:
        self.max_bytes = max_bytes
        self.max_entries = max_entries
        self._entries: OrderedDict[tuple[int, ...], Layers] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def longest(self, idx: Sequence[int], at_most: int) -> tuple[int, Layers]:
        """How many first tokens of `idx` are known, `at_most` so many, and views of their keys and values."""
        with self._lock:
            found = max(self._entries, key=lambda known: common_prefix(known, idx), default=())
            length = min(common_prefix(found, idx), at_most)
            if length == 0:
                return 0, []
            self._entries.move_to_end(found)
            layers = self._entries[found]
        return length, [(keys[:, :, :length], values[:, :, :length]) for keys, values in layers]

    def add(self, idx: Sequence[int], layers: Layers) -> None:
        """Keeps the keys and values of `idx` in place of those of its prefixes; drops the oldest over the limit."""
        size = _size(layers)
        if size > self.max_bytes:
            return
        added = tuple(idx)
        with self._lock:
            if any(known[: len(added)] == added for known in self._entries):
                return
            for known in [known for known in self._entries if known == added[: len(known)]]:
                self._bytes -= _size(self._entries.pop(known))
            self._entries[added] = layers
            self._bytes += size
            while self._bytes > self.max_bytes or len(self._entries) > self.max_entries:
                self._bytes -= _size(self._entries.popitem(last=False)[1])

    @property
    def bytes(self) -> int:
        """Bytes held at present."""
        return self._bytes


def _size(layers: Layers) -> int:
    return sum(tensor.nbytes for layer in layers for tensor in layer)
