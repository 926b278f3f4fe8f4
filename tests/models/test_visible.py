import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tokens.visible import visible


@pytest.mark.parametrize(
    ("piece", "form"),
    [
        (b" year", "␣year"),
        (b"\n\n", "⏎⏎"),
        (b"\t", "⇥"),
        (b"\r\n", "␍⏎"),
        (b"\xf0\x9f\x98", "⟨F0⟩⟨9F⟩⟨98⟩"),
        ("é".encode(), "é"),
        ("e\u0301".encode(), "e⟨U+0301⟩"),
        ("\u0301".encode(), "⟨U+0301⟩"),
        ("की".encode(), "की"),
        ("\u200d".encode(), "⟨U+200D⟩"),
        ("\u00a0".encode(), "⟨U+00A0⟩"),
        ("␣".encode(), "⟨U+2423⟩"),
        ("⟨F0⟩".encode(), "⟨U+27E8⟩F0⟨U+27E9⟩"),
        (b"\x04", "⟨U+0004⟩"),
        (b"<script>", "<script>"),
    ],
)
def test_forms(piece, form):
    assert visible(piece) == form


pieces = st.one_of(st.text(max_size=4).map(lambda text: text.encode(errors="ignore")), st.binary(max_size=4))


@given(pieces, pieces)
def test_no_two_pieces_look_alike(one, other):
    assert (visible(one) == visible(other)) == (one == other)


@given(st.text())
def test_nothing_invisible_is_left(text):
    form = visible(text.encode(errors="ignore"))
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Zs", "Zl", "Zp"} for character in form)
