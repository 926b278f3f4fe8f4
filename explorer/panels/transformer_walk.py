"""The way of a text through a transformer: every station with its values, and one number followed to its products."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import streamlit as st

from explorer import address, controls
from explorer.components.transformer_walk import transformer_walk
from explorer.downloads import Columns, downloads
from explorer.figures.transformer_walk import full_colour, station_map
from explorer.panels import algorithm, inside, transformer_number, transformer_stations
from explorer.panels.inside import Look
from explorer.panels.transformer_number import OF_KEYS, OF_TOKENS, Shown
from explorer.panels.transformer_stations import FIRST
from models.mixers.followed import seen

_WIDEST = 2048  # numbers of a vector that are drawn
_BARS = 5
_PALE = 1.5  # times the end of the colours: what is farther out is told
_MAP = "walk_map"


def walk_view(slug: str) -> None:
    """The text, the way through, and what is open of it."""
    look = inside.look(slug)
    if look is None:
        return
    station = address.parsed(f"{slug}_station", FIRST, str, transformer_stations.offered(look).__contains__)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        layer = inside.counted(f"{slug}_layer", "Layer", look.inside.n_layer)
        head = inside.counted(f"{slug}_head", "Head", look.inside.n_head)
        place = inside.place_input(slug, look)
        shown = _shown(slug, look, station, layer, head, place)
    left, right = st.columns([4, 7], gap="medium")
    with left:
        _lane(slug, shown)
    with right:
        _station(shown)
        transformer_number.number(shown)
    transformer_number.how_computed(shown)


def _shown(slug: str, look: Look, station: str, layer: int, head: int, place: int) -> Shown:
    """What the reader chose, the most telling number where none was chosen."""
    trace = look.trace
    values = seen(look.inside, trace, station, layer, head)
    wide = values.shape[1]
    if station in OF_TOKENS:
        token = inside.target_input(slug, "target", "Next token", look, place) or 0
        best = trace.logits[place].topk(min(inside.OFFERED, trace.logits.shape[1])).indices.tolist()
        columns = best if token in best else [*best, token]
        return Shown(look, station, layer, head, place, token, values[:, columns].numpy(), wide, columns)
    if station in OF_KEYS:
        strongest = int(trace.layers[layer].pattern[head, place].argmax())
        key = controls.count(f"{slug}_key", "Key position", strongest, 0, place) if place else 0
        return Shown(look, station, layer, head, place, key, values.numpy(), wide, list(range(len(look.ids))))
    drawn = values[:, :_WIDEST].numpy()
    strongest = int(np.abs(drawn[place]).argmax()) + 1
    number = controls.count(f"{slug}_number", "Number", strongest, 1, drawn.shape[1]) if drawn.shape[1] > 1 else 1
    return Shown(look, station, layer, head, place, number - 1, drawn, wide, None)


def _lane(slug: str, shown: Shown) -> None:
    look = shown.look
    probs = look.trace.logits[shown.place].double().softmax(-1)
    offered = look.lm.tokenizer.tokens(shown.columns) if shown.columns and shown.station in OF_TOKENS else []
    transformer_walk(
        transformer_stations.lane(look, shown.layer, shown.head),
        algorithm.bars(probs, probs.topk(min(_BARS, len(probs))).indices.tolist(), None, look.lm.tokenizer),
        station=shown.station,
        after=look.tokens[shown.place],
        map_key=_MAP,
        key="walk",
        on_station=partial(_open, slug),
        on_cell=_pointed(slug, shown.station, len(look.ids), offered),
    )


def _open(slug: str, station: str) -> None:
    """Opens a station, at its own most telling number."""
    address.set_values(
        **{f"{slug}_{name}": None for name in ("number", "key")},
        **{f"{slug}_station": None if station == FIRST else station},
    )


def _pointed(slug: str, station: str, rows: int, offered: Sequence[str]) -> Callable[[int, int], None]:
    """What takes a click on the cell of a row and a column; the columns of some stations are tokens on offer."""

    def pointed(row: int, column: int) -> None:
        if row >= rows or (offered and column >= len(offered)):
            return
        name, value = "number", str(column + 1)
        if offered:
            name, value = "target", offered[column]
        elif station in OF_KEYS:
            name, value = "key", str(min(column, row))
        back = rows - 1 - row
        address.set_values(**{f"{slug}_back": str(back) if back else None, f"{slug}_{name}": value})

    return pointed


def _station(shown: Shown) -> None:
    """All values of the station."""
    look = shown.look
    said = transformer_stations.of(look, shown.station).said
    st.markdown(f"**{shown.title}**: {said}.{_left_out(shown)}")
    most = 1.0 if shown.station in ("weights", "probs") else full_colour(shown.values)
    figure = station_map(
        shown.positions,
        shown.values,
        (shown.place, shown.column),
        columns=shown.names,
        title=shown.axis,
        most=most,
    )
    with st.container(key=_MAP):
        st.plotly_chart(
            figure,
            key="walk_values",
            config={"displayModeBar": False},
            alt=f"{shown.title}, {len(shown.values)} positions by {shown.values.shape[1]} columns. {shown.said}: "
            f"{shown.values[shown.place, shown.column]:.4g}.",
        )
    reach = float(np.nanmax(np.abs(shown.values)))
    if reach > _PALE * most:
        st.caption(f"Colours end at ±{most:.3g}; the largest number is {reach:,.4g} away from 0.")
    downloads("values", "walk_values", figure, lambda: _columns(shown), f"{shown.title}, {look.lm.card.title}")


def _left_out(shown: Shown) -> str:
    """What is not drawn, in words."""
    of = shown.look.trace.logits.shape[1]
    if shown.station in OF_TOKENS and of > inside.OFFERED:
        return f" Drawn: the {inside.OFFERED} most probable of {of:,} at the chosen position."
    if shown.columns is None and shown.width > _WIDEST:
        return f" Drawn: the first {_WIDEST:,} of {shown.width:,} numbers."
    return ""


def _columns(shown: Shown) -> Columns:
    rows, wide = shown.values.shape
    names: Sequence[object] = shown.names or range(1, wide + 1)
    return {
        "position": np.repeat(np.arange(rows), wide).tolist(),
        "token": [token for token in shown.look.tokens for _ in range(wide)],
        shown.axis: [*names] * rows,
        "value": shown.values.ravel().tolist(),
    }
