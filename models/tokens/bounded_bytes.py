"""A file read in pieces of bounded size, unpacked on the way where it is packed: neither a line without an end nor what
unpacks to gigabytes takes memory.
"""

import zlib
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from models.errors import ModelError

_CHUNK = 1 << 16


@runtime_checkable
class Readable(Protocol):
    """A file that is open for reading bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


@dataclass(frozen=True)
class Limits:
    """What is read at most."""

    words: int = 200_000
    n_embd: int = 2_000
    numbers: int = 40_000_000  # of all vectors together: 160 MB
    word_bytes: int = 400
    line_bytes: int = 100_000
    unpacked_bytes: int = 1_000_000_000
    ratio: int = 100  # of what gzip packed; vectors are packed by a factor of two or three


class BoundedBytes:
    """Bytes of a file, unpacked where it is packed, never more at once than was asked for."""

    def __init__(self, file: Readable, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._buffer = bytearray()
        self._at = 0
        self._packed = self._unpacked = 0
        self._inflate = None
        first = file.read(_CHUNK)
        if first.startswith(b"PK\x03\x04"):
            raise ModelError("This is a ZIP archive: unpack it, and choose the file in it (a .txt, .vec or .bin).")
        if first.startswith(b"\x1f\x8b"):
            self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._rest = first

    @property
    def left(self) -> int:
        """How many bytes lie in the buffer."""
        return len(self._buffer) - self._at

    def fill(self, count: int) -> bool:
        """Whether there are so many bytes in the buffer, after reading on."""
        while self.left < count:
            piece = self._piece()
            if not piece:
                return False
            if self._at > _CHUNK:
                del self._buffer[: self._at]
                self._at = 0
            self._buffer += piece
        return True

    def take(self, count: int) -> bytes:
        """The next bytes; fewer at the end of the file."""
        self.fill(count)
        taken = bytes(self._buffer[self._at : self._at + count])
        self._at += len(taken)
        return taken

    def peek(self, count: int) -> bytes:
        """The next bytes, which stay."""
        self.fill(count)
        return bytes(self._buffer[self._at : self._at + count])

    def until(self, end: bytes, most: int) -> bytes | None:
        """The bytes before `end`, which is taken too; the rest of the file where there is no `end`.

        None if that is further away than `most` bytes.
        """
        searched = self._at
        while True:
            found = self._buffer.find(end, searched)
            if found < 0 and self.left <= most:
                searched, before = len(self._buffer), self._at
                if self.fill(self.left + 1):
                    searched -= before - self._at
                    continue
                return self.take(self.left)
            if found < 0 or found - self._at > most:
                return None
            taken = bytes(self._buffer[self._at : found])
            self._at = found + 1
            return taken

    def _piece(self) -> bytes:
        """Some more bytes; empty at the end."""
        while True:
            packed = self._rest or self._file.read(_CHUNK)
            self._rest = b""
            if self._inflate is None:
                return packed
            if self._inflate.eof:
                packed = (self._inflate.unused_data + packed).lstrip(b"\0")
                if not packed:
                    return b""
                self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # another file, packed behind the first
            if not packed:
                raise ModelError("The packed file ends too early: it was not copied as a whole. Fetch it again.")
            try:
                piece = self._inflate.decompress(packed, _CHUNK)
            except zlib.error as error:
                raise ModelError("The packed file is damaged: fetch it again, or choose another one.") from error
            self._rest = self._inflate.unconsumed_tail
            self._packed += len(packed) - len(self._rest)
            self._unpacked += len(piece)
            limits = self._limits
            if self._unpacked > limits.unpacked_bytes or self._unpacked > limits.ratio * self._packed + (1 << 20):
                raise ModelError(
                    f"The file unpacks to far more than its size: {self._unpacked:,} bytes and still more. "
                    "No vectors do that; choose another one."
                )
            if piece:
                return piece
