"""Visible forms of tokens: what is on the screen names exactly one string of bytes."""

import unicodedata

_MARKS = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍"}
_RESERVED = frozenset("⟨⟩") | frozenset(_MARKS.values())
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)


def visible(piece: bytes) -> str:
    """A form of `piece` that can be seen and taken for no other.

    >>> visible(b" year"), visible(b"a\\n\\n"), visible(b"\\xe2\\x80"), visible("\\u200d".encode())
    ('␣year', 'a⏎⏎', '⟨E2⟩⟨80⟩', '⟨U+200D⟩')
    """
    text = piece.decode("utf-8", errors="surrogateescape")
    return "".join(_visible_character(character, before) for before, character in zip(" " + text, text))


def _visible_character(character: str, before: str) -> str:
    if character in _MARKS:
        return _MARKS[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: a byte that is no valid UTF-8 here
        return f"⟨{code - 0xDC00:02X}⟩"
    category = unicodedata.category(character)
    if character in _RESERVED or category in _HIDDEN or (category in {"Mn", "Me"} and _vanishes(character, before)):
        return f"⟨U+{code:04X}⟩"
    return character


def _vanishes(mark: str, before: str) -> bool:
    """Whether a combining mark would not be seen, or look like a letter that has it built in (é)."""
    alone = unicodedata.category(before)[0] not in "LM"
    return alone or ord(mark) in _VARIATION_SELECTORS or len(unicodedata.normalize("NFC", before + mark)) == 1
