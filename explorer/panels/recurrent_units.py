"""What single units of a network of characters follow: by correlation, by a probe, by a span that the reader marks."""

import html
import zlib
from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import address, controls, explain, loading, waiting
from explorer.components.unit_text import unit_text
from explorer.downloads import Columns, downloads
from explorer.figures.recurrent import unit_bars
from explorer.inference import Ticket
from explorer.numbers import minus, percent
from explorer.panels import neural
from explorer.tables import table
from explorer.texts import STORY
from models.errors import ModelError
from models.mixers import probing
from models.mixers.probing import PROPERTIES, YES_NO, Probe

_MOST = 20_000  # characters
_BARS = 12  # units
_ALIKE, _APART, _AROUND = 6, 20, 24  # places, and characters between and around them


@dataclass(frozen=True, eq=False)
class Followed:
    """The states over a text, and how well they tell each property."""

    text: str
    h: np.ndarray  # (character, unit)
    r: dict[str, np.ndarray]  # of each property that changes: the correlation of each unit
    probes: dict[str, Probe | str]  # or a word why there is none

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        return int(self.h.nbytes)

    def best(self, name: str) -> int:
        """The unit that follows a property most closely."""
        return int(np.abs(self.r[name]).argmax())


def units_view(slug: str) -> None:
    """The text, the properties, and the text coloured by a unit."""
    text = controls.text(f"{slug}_text", "Text, read character by character", STORY, height=110)
    cell = neural.cell_input(slug, characters=True)
    place = st.empty()
    followed = controls.last_good(
        "units",
        lambda: _followed(slug, cell, text, place),
        lambda: _example(slug, place),
        waiting.going_on(_slot(slug)),
    )
    if followed is None:
        return
    span = _span(slug, followed.text)
    left, right = st.columns([3, 2], gap="large")
    with right:
        options = [*(["span"] if span and span[0] < span[1] else []), *followed.r]
        names = {"span": "the marked span"}
        chosen = controls.pick_one(f"{slug}_property", "Units that follow", options, lambda one: names.get(one, one))
        if chosen == "span" and span:
            inside = np.zeros(len(followed.text))
            inside[span[0] : span[1] + 1] = 1
            r = probing.correlations(followed.h, inside)
        else:
            r = followed.r[chosen]
        order = np.argsort(-np.abs(r), kind="stable")
        unit = controls.count(f"{slug}_unit", "Unit", int(order[0]) + 1, 1, len(r)) - 1
        _bars(r, order, names.get(chosen, chosen), unit)
    with left:
        _text(slug, followed, unit, float(r[unit]), names.get(chosen, chosen), span)
    below, beside = st.columns(2, gap="large")
    with below:
        _alike(followed, span)
    with beside:
        _probes(followed)
    _how_computed(followed, chosen if chosen in followed.r else next(iter(followed.r)))


def _slot(slug: str) -> str:
    return f"{slug} units"


def _example(slug: str, place: DeltaGenerator) -> Followed | None:
    """Something to look at; None where that was stopped."""
    try:
        return _followed(slug, next(iter(neural.CELLS)), STORY, place)
    except waiting.Stopped:
        return None


def _followed(slug: str, cell: str, text: str, place: DeltaGenerator) -> Followed:
    if len(text) > _MOST:
        raise ModelError(f"{len(text):,} characters are more than the {_MOST:,} that are read here: shorten the text.")
    if len(text) < 2:
        raise ModelError("Units are looked for in a text of two characters or more: type some.")
    name = neural.name_of(cell, "characters")
    lm = neural.recurrent(loading.model(name, place))

    def work(_ticket: Ticket) -> Followed:
        h = probing.states_by_line(neural.network_of(lm), lm.tokenizer, text)
        values = {one: follows(text) for one, follows in PROPERTIES.items()}
        r = {one: probing.correlations(h, y) for one, y in values.items()}
        return Followed(text, h, r, {one: _probe(h, values[one], one) for one in PROPERTIES})

    return waiting.computed(_slot(slug), (name, text), work, "Reading", place)


def _probe(h: np.ndarray, y: np.ndarray, name: str) -> Probe | str:
    try:
        return probing.linear_probe(h, y, name in YES_NO)
    except ModelError as error:
        return str(error)


def _span(slug: str, text: str) -> tuple[int, int] | None:
    """What is marked, as the link says it: first-last, and the sign of the text in which it was."""

    def parse(words: str) -> tuple[int, int] | None:
        first, last, *sign = words.split("-")
        return (int(first), int(last)) if sign in ([], [_sign(text)]) else None

    return address.parsed(
        f"{slug}_span", None, parse, lambda span: span is not None and 0 <= span[0] <= span[1] < len(text)
    )


def _sign(text: str) -> str:
    return f"{zlib.crc32(text.encode(errors='surrogatepass')):x}"


def _text(slug: str, followed: Followed, unit: int, r: float, name: str, span: tuple[int, int] | None) -> None:
    def mark(first: int, last: int) -> None:
        words = f"{first}-{last}-{_sign(followed.text)}"
        if last == first and address.value(f"{slug}_property") != "span":  # a place: what is followed stays
            address.set_values(**{f"{slug}_span": words})
            return
        address.set_values(
            **{
                f"{slug}_span": words,
                f"{slug}_property": "span" if last > first else None,
                f"{slug}_unit": None,
            }
        )

    similar = _places(followed, span)
    st.markdown(f"The text coloured by **unit {unit + 1}**, r = {minus(f'{r:.2f}')} with: {name}")
    unit_text(
        followed.text,
        followed.h[:, unit],
        f"Unit {unit + 1}",
        span=span,
        places=[place for place, _ in similar],
        key="unit_text",
        on_span=mark,
    )
    st.caption(
        "Blue above 0, orange below. Drag over a span: which units are on exactly there? Click a place: where is the "
        "state alike? Each line is read on its own, as in training."
    )
    columns: Columns = {"character": list(followed.text), f"unit {unit + 1}": followed.h[:, unit].tolist()}
    downloads("unit", None, None, lambda: columns, f"Unit {unit + 1}")


def _bars(r: np.ndarray, order: np.ndarray, name: str, unit: int) -> None:
    shown = order[:_BARS].tolist()
    figure = unit_bars(shown, r[shown], unit)
    st.plotly_chart(
        figure,
        key="unit_bars",
        config={"displayModeBar": False},
        alt=f"The units that follow most closely ({name}): unit {shown[0] + 1}, r = {r[shown[0]]:.2f}.",
    )
    columns: Columns = {"unit": [one + 1 for one in order.tolist()], "r": r[order].tolist()}
    downloads("unit_bars", "unit_bars", figure, lambda: columns, f"Units that follow: {name}")


def _probes(followed: Followed) -> None:
    """Each property: its best unit, and what a linear probe reads off all units."""
    st.subheader("Read off all units", anchor=False)
    rows, none = [], dict[str, list[str]]()
    for name, r in followed.r.items():
        probe, best = followed.probes[name], followed.best(name)
        unit = f"{best + 1} ({minus(f'{r[best]:.2f}')})"
        if isinstance(probe, str):
            none.setdefault(probe, []).append(name)
            cells = [unit, "–", "–"]
        elif name in YES_NO:
            cells = [unit, percent(probe.score), percent(probe.baseline)]
        else:
            cells = [unit, f"R² {minus(f'{probe.score:.2f}')}", "R² 0"]
        rows.append([name, *(cell.replace(" ", "\N{NO-BREAK SPACE}") for cell in cells)])
    table("Properties", ("property", "best unit", "probe", "constant"), rows)
    for message, names in none.items():
        st.caption(f"{', '.join(names)}: {message}")
    st.caption(
        "In brackets: r. The probe, a weighted sum of all units, is fitted on two thirds of the text and judged on the "
        "last; constant: always the same answer. R²: the share of the variance that is explained."
    )


def _places(followed: Followed, span: tuple[int, int] | None) -> list[tuple[int, float]]:
    return [] if span is None else probing.similar(followed.h, span[1], _ALIKE, _APART)


def _alike(followed: Followed, span: tuple[int, int] | None) -> None:
    """The places whose state is most like that at the mark."""
    st.subheader("Places with the most similar state", anchor=False)
    if span is None:
        st.text("Click a place in the text.")
        return
    rows = [
        [_around(followed.text, place), f"{cosine:.3f}"] for place, cosine in [(span[1], 1.0), *_places(followed, span)]
    ]
    table("Places", ("place", "cosine"), rows)


def _around(text: str, place: int) -> str:
    before, after = text[max(0, place - _AROUND) : place], text[place + 1 : place + 1 + _AROUND]
    return "".join((_one_line(before), f"<mark>{_one_line(text[place])}</mark>", _one_line(after)))


def _one_line(words: str) -> str:
    return html.escape(words.replace("\n", "↵"))


def _how_computed(followed: Followed, name: str) -> None:
    r, probe = followed.r[name], followed.probes[name]
    best = followed.best(name)
    explain.explanation(
        "Each unit is one number of $h_t$. Its correlation with a property of the text, over all characters, says how "
        "closely it follows. The probe asks more: is the property to be had from all units by a weighted sum? "
        "What a probe finds is there to be read; whether the network uses it, it does not say.",
        lambda: [
            r"r_j = \frac{\sum_t (h_{t,j} - \bar h_j)(y_t - \bar y)}"
            r"{\sqrt{\sum_t (h_{t,j} - \bar h_j)^2 \sum_t (y_t - \bar y)^2}}",
            rf"r_{{{best + 1}}}(\text{{{name}}}) = {r[best]:.4f}",
            r"\hat y_t = w^\top z_t + \bar y, \qquad w = (Z^\top Z + I)^{-1} Z^\top (y - \bar y),"
            r" \qquad z_t: h_t \text{ standardised}",
            *([] if isinstance(probe, str) else [rf"\text{{score}} = {probe.score:.4f}"]),
        ],
        [probing.correlations, probing.linear_probe, probing.similar],
    )
