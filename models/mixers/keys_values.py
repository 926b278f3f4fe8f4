"""Keys and values of prefixes that were already read, so that a longer text costs only its new tokens.

The only state inside a model. A text is cut into blocks of `BLOCK` tokens; texts that begin alike share their first
blocks, so that eight continuations of one prompt hold the prompt once. Blocks are never changed once stored, so any
thread may read them.

Source: Kwon et al. 2023, Efficient Memory Management for Large Language Model Serving with PagedAttention, section 4.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from models.tokens.prefixes import common_prefix

BLOCK = 16
Layers = Sequence[tuple[Float[Tensor, "1 head pos size"], Float[Tensor, "1 head pos size"]]]  # keys, values of a layer
Known = tuple[tuple[Float[Tensor, "head _ size"], Float[Tensor, "head _ size"]], ...]  # of one text, layer by layer
KeysValues = Float[Tensor, "layer 2 head _ size"]


class PrefixStore:
    """The last used prefixes, at most `max_bytes` and `max_blocks` of them."""

    def __init__(self, max_bytes: int, max_blocks: int = 4096) -> None:
        self.max_bytes = max_bytes
        self.max_blocks = max_blocks
        # By all tokens up to a block's end; the least recently used first, and a block before those that it follows.
        self._blocks: OrderedDict[tuple[int, ...], KeysValues] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def longest(self, idx: Sequence[int], at_most: int) -> list[KeysValues]:
        """The keys and values of as many first tokens of `idx` as are known, `at_most` so many, block by block."""
        wanted = tuple(idx[:at_most])
        used: list[tuple[int, ...]] = []
        parts: list[KeysValues] = []
        with self._lock:
            for start in range(0, len(wanted), BLOCK):
                known = self._best(wanted, start)
                if known is None:
                    break
                used.append(known)
                shared = common_prefix(known[start:], wanted[start:])
                parts.append(self._blocks[known][:, :, :, :shared])
                if shared < BLOCK:
                    break
            for known in reversed(used):
                self._blocks.move_to_end(known)
        return parts

    def add(self, idx: Sequence[int], layers: Layers) -> None:
        """Keeps the keys and values of `idx`; drops the least recently used over the limit."""
        with self._lock:
            for start in range(0, len(idx), BLOCK):
                added = tuple(idx[start : start + BLOCK])
                before = tuple(idx[:start])
                if before + added in self._blocks:
                    continue
                siblings = [known for known in self._after(before) if known[start : start + len(added)] == added]
                if siblings:
                    continue  # known already, perhaps as the beginning of a longer one
                for known in self._after(before):
                    if known[start:] == added[: len(known) - start]:
                        self._drop(known)  # it is the beginning of this one
                rows = [torch.stack([part[0, :, start : start + BLOCK] for part in layer]) for layer in layers]
                self._blocks[before + added] = torch.stack(rows)
                self._bytes += self._blocks[before + added].nbytes
            for start in reversed(range(0, len(idx), BLOCK)):
                known = tuple(idx[: start + BLOCK])
                if known in self._blocks:
                    self._blocks.move_to_end(known)
            while self._bytes > self.max_bytes or len(self._blocks) > self.max_blocks:
                self._drop(next(iter(self._blocks)))

    @property
    def bytes(self) -> int:
        """Bytes held at present."""
        return self._bytes

    def _best(self, wanted: tuple[int, ...], start: int) -> tuple[int, ...] | None:
        """The block after `wanted[:start]` that shares most with what follows there; None if none shares anything."""
        whole = wanted[: start + BLOCK]
        if whole in self._blocks:
            return whole
        rest = wanted[start:]
        best = max(self._after(wanted[:start]), key=lambda known: common_prefix(known[start:], rest), default=None)
        return best if best is not None and common_prefix(best[start:], rest) else None

    def _after(self, before: tuple[int, ...]) -> list[tuple[int, ...]]:
        """The blocks that follow these tokens."""
        start = len(before)
        return [known for known in self._blocks if start < len(known) <= start + BLOCK and known[:start] == before]

    def _drop(self, known: tuple[int, ...]) -> None:
        self._bytes -= self._blocks.pop(known).nbytes
