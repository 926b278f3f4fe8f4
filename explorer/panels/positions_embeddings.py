"""Words with the codes of their places: how long both are, and what becomes of a word's neighbours."""

import html
import math
from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from explorer import controls, explain, loading
from explorer.downloads import Columns, downloads
from explorer.figures.positions_embeddings import lengths
from explorer.numbers import minus
from explorer.panels import positions_code, positions_learned, prompt
from explorer.panels.neural import recurrent
from explorer.panels.positions_order import MODEL, TEXT
from explorer.tables import table
from models.mixers.neural_lm import NeuralLM
from models.tokens import placed, positions
from models.tokens.space import Neighbour, nearest
from models.zoo.neural import LENGTH

_WAYS = {"added": "Added", "concatenated": "Concatenated"}
_TOGETHER = {"added": "e + p", "concatenated": "[e, p]"}
_SCALES = {"one": "As they are", "root": "Times √d"}
_MOST = 20  # words
_FARTHEST = 490  # place of the first word: the last still has one in a table of 512
_LONGEST = 700  # places of a code that is computed
_NEIGHBOURS = 6  # the word itself among them
_STEPS = (1, 10, 100)  # places further on


@dataclass(frozen=True, eq=False)
class Words:
    """The words of a text, at their places."""

    lm: NeuralLM  # whose embeddings these are
    ids: list[int]
    e: Tensor  # embeddings, scaled, shape (word, n_embd)
    codes: Tensor  # of all places, shape (place, n_embd)
    first: int  # place of the first word
    way: str

    @property
    def tokens(self) -> list[str]:
        """Visible forms."""
        return self.lm.tokenizer.tokens(self.ids)

    @property
    def p(self) -> Tensor:
        """The codes of the words' places."""
        return self.codes[self.first : self.first + len(self.ids)]

    @property
    def x(self) -> Tensor:
        """What a network gets."""
        return placed.placed(self.e, self.p, self.way)


def embeddings_view(slug: str) -> None:
    """The text, a code for its places, how long both are, and one word with and without its place."""
    text = controls.text("prompt", "Text", TEXT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    reading = prompt.read_prompt(MODEL, text)
    if reading is None:
        return
    with st.container(horizontal=True, gap="medium"):
        code = positions_code.code_input(slug)
        way = controls.choice(f"{slug}_how", "The code is", list(_WAYS), _WAYS.__getitem__)
        scale = controls.choice(f"{slug}_scale", "Embeddings", list(_SCALES), _SCALES.__getitem__)
    first = controls.count(f"{slug}_begin", "The text begins at place", 1, 0, _FARTHEST)
    learned = positions_learned.learned() if code == "learned" else None
    if code == "learned" and learned is None:
        return
    lm = learned.lm if learned else recurrent(reading.model)
    ids = list(reading.score.token_ids)[:_MOST]  # of the same vocabulary as the other model's
    if not ids:
        controls.notice("There is no word here: write one or more. Below is an example.")
        ids = lm.tokenizer.encode(TEXT)
    e = lm.network.wte.weight.detach()[ids]
    codes = learned.codes if learned else _codes(code, e.shape[1])
    words = Words(lm, ids, e * math.sqrt(e.shape[1]) if scale == "root" else e, codes, first, way)
    _lengths(words, code, len(reading.score.token_ids))
    chosen, other = _one_word(slug, words)
    left, right = st.columns(2, gap="medium")
    with left:
        parts = _product(words, chosen, other)
    with right:
        _elsewhere(words, chosen)
    _how_computed(words, chosen, parts)


def _codes(code: str, width: int) -> Tensor:
    return positions.index(_LONGEST, width) if code == "index" else positions.sinusoidal(_LONGEST, width)


def _lengths(words: Words, code: str, total: int) -> None:
    """Bars: how long the embedding, the code and both together are; `total` words has the text."""
    e, p, x = (part.norm(dim=-1) for part in (words.e, words.p, words.x))
    both = _TOGETHER[words.way]
    figure = lengths(words.tokens, words.first, (("embedding e", e), ("code p", p), (both, x)))
    st.plotly_chart(
        figure,
        key="lengths",
        config={"displayModeBar": False},
        alt=f"Of {len(e)} words the embedding is {_number(float(e.mean()))} long on average, the code of the place "
        f"{_number(float(p.mean()))}, {both} {_number(float(x.mean()))}.",
    )
    left_out = f"The first {_MOST} words of {total:,}. " if total > _MOST else ""
    st.caption(left_out + _said(words, code, float((p / e).mean())))
    columns: Columns = {
        "place": list(range(words.first, words.first + len(words.ids))),
        "word": words.tokens,
        "length of the embedding": e.tolist(),
        "length of the code": p.tolist(),
        f"length of {both}": x.tolist(),
    }
    about = f"Words with codes of places: {code}, {words.way}\nText: {' '.join(words.tokens)}"
    downloads("lengths", "lengths", figure, lambda: columns, about)


def _said(words: Words, code: str, ratio: float) -> str:
    """What the lengths mean for the words."""
    width = words.e.shape[1]
    said = f"On average the code is {_number(ratio)} times as long as the word"
    if words.way == "concatenated":
        said += f". The word's {width} numbers stand beside the code's {width}, untouched, but a network pays for both."
    else:
        kept = sum(placed.cosine(e, x) for e, x in zip(words.e, words.x, strict=True)) / len(words.e)
        said += f"; the cosine of word and sum is {_number(kept)}."
    if code == "learned":
        return said + (
            f" Embeddings and codes are a small transformer's, learned together; places from {LENGTH} "
            "on were never used."
        )
    if code == "index":
        grows = f" Attempt 1 grows by √d = {_number(math.sqrt(width))} a place, without end"
        said += grows + (": it drowns the word." if words.way == "added" else ".")
    else:
        said += f" A sinusoidal code is √(d/2) = {_number(math.sqrt(width / 2))} long at every place."
    return said + (
        " The embeddings are the LSTM's, which learned them without codes; Vaswani et al. (2017) multiply theirs by √d."
    )


def _one_word(slug: str, words: Words) -> tuple[int, int]:
    """What is nearest to a chosen word, alone and at its place; which word that is, and one beside it."""
    st.subheader("A word's neighbours", anchor=False)
    last_first = [str(i) for i in reversed(range(len(words.ids)))]
    chosen = int(controls.pick_one(f"{slug}_word", "Word", last_first, lambda i: _named(words, int(i))))
    space = loading.embeddings(words.lm.card.name, words.lm)
    e, x = words.e[chosen].numpy(), words.x[chosen].numpy()
    own = space.words[words.ids[chosen]]
    together = x[: len(e)]  # concatenated, these are the word's own
    before, after = (nearest(space, query, _NEIGHBOURS) for query in (e, together))
    at_place = _TOGETHER[words.way] + ("" if words.way == "added" else f", its first {len(e)} numbers")
    table(
        "Nearest words before and after",
        ("", "nearest to e", "cosine", f"nearest to {at_place}", "cosine"),
        [
            [str(i + 1), *(cell for one in pair for cell in (_word(one, own), _number(one.score)))]
            for i, pair in enumerate(zip(before, after, strict=True))
        ],
    )
    cosine, rank = placed.standing(space, together, words.ids[chosen])
    st.caption(
        f"Among the embeddings of {len(space.words):,} words, none of which has a place. With its place the word "
        f"itself has the cosine {_number(cosine)} and stands at rank {rank:,}."
    )
    return chosen, chosen - 1 if chosen else min(1, len(words.ids) - 1)


def _product(words: Words, chosen: int, other: int) -> placed.Terms:
    """The parts of the product of two words at their places."""
    st.subheader("The product of two words", anchor=False)
    st.text(f"{_named(words, chosen)} · {_named(words, other)}")
    parts = placed.terms(words.e[chosen], words.p[chosen], words.e[other], words.p[other])
    titles = ("word · word: e · e′", "word · place: e · p′", "place · word: p · e′", "place · place: p · p′")
    apart = (parts.words, None, None, parts.places)
    rows = [
        [title, _number(part), "none" if alone is None else _number(alone)]
        for title, part, alone in zip(titles, parts, apart, strict=True)
    ]
    total = ["the product", *(_number(sum(parts.of(way))) for way in placed.WAYS)]
    table("The parts of the product", ("part", *_WAYS.values()), [*rows, total])
    st.caption("Added, each word meets the other's place too; concatenated, words meet words, and places places.")
    return parts


def _elsewhere(words: Words, chosen: int) -> None:
    """How alike the same word is to itself some places further on."""
    st.subheader("The same word elsewhere", anchor=False)
    st.text(_named(words, chosen))
    place = words.first + chosen
    steps = [step for step in _STEPS if place + step < len(words.codes)]
    others = [place + step for step in steps]
    found = [placed.elsewhere(words.e[chosen], words.codes, place, others, way) for way in placed.WAYS]
    rows = [[f"{step}, at {place + step}", *map(_number, pair)] for step, *pair in zip(steps, *found, strict=True)]
    table("The same word elsewhere", ("places further on", *(f"cosine, {way}" for way in placed.WAYS)), rows)
    st.caption("Without a code it is 1 everywhere: nothing tells the places apart.")


def _how_computed(words: Words, chosen: int, parts: placed.Terms) -> None:
    of = {way: [minus(f"{part:.3f}") for part in parts.of(way)] for way in placed.WAYS}
    total = {way: minus(f"{sum(parts.of(way)):.3f}") for way in placed.WAYS}
    e, x = words.e[chosen], words.x[chosen]
    explain.explanation(
        "The code of the place is added to the word's embedding, number by number, or put behind it. A sum takes no "
        "more room, but word and place share their numbers: what is longer decides where the sum points. Put behind, "
        "they stay apart, at the price of more numbers. A network trained on sums can learn to tell them apart.",
        lambda: [
            r"\text{added: } (e + p) \cdot (e' + p') = e \cdot e' + e \cdot p' + p \cdot e' + p \cdot p'",
            " + ".join(f"({part})" for part in of["added"]) + " = " + total["added"],
            r"\text{concatenated: } [e, p] \cdot [e', p'] = e \cdot e' + p \cdot p'",
            " + ".join(f"({part})" for part in of["concatenated"]) + " = " + total["concatenated"],
            rf"\lVert e({explain.latex_text(words.tokens[chosen])}) \rVert = {float(e.norm()):.3f}, \quad "
            rf"\lVert p \rVert = {float(words.p[chosen].norm()):.3f}, \quad "
            rf"\text{{{words.way}: }} {float(x.norm()):.3f}",
        ],
        [placed.placed, placed.terms, placed.standing],
    )


def _named(words: Words, i: int) -> str:
    return f"{words.tokens[i]} at place {words.first + i}"


def _word(near: Neighbour, own: str) -> str:
    word = html.escape(near.word)
    return f"<mark>{word}</mark>" if near.word == own else word


def _number(value: float) -> str:
    """As many digits as it is worth."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 3
    return minus(f"{round(value, digits) + 0.0:,.{digits}f}")  # + 0: no minus before a zero
