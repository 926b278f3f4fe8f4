"""What is added to an embedding so that it tells its place: attempt 1, sinusoids, and what a transformer learned."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from torch import Tensor

from explorer import controls, explain
from explorer.downloads import Columns, downloads
from explorer.figures import positions as figures
from explorer.numbers import minus
from explorer.panels import positions_learned
from models.tokens import positions
from models.zoo.neural import LENGTH


@dataclass(frozen=True)
class Measure:
    """How alike two codes are."""

    title: str
    square: str  # of positions t and s
    line: str  # of positions t and t + k
    latex: str
    of: Callable[[Tensor, Tensor], Tensor]


_MEASURES = {
    "product": Measure("Product", "PE(t) · PE(s)", "PE(t) · PE(t + k)", r"PE({}) \cdot PE({})", positions.products),
    "distance": Measure(
        "Distance",
        "|PE(t) − PE(s)|",
        "|PE(t) − PE(t + k)|",
        r"\lVert PE({}) - PE({}) \rVert",
        positions.distances,
    ),
}
_CODES = {"sinusoidal": "Sinusoidal", "index": "Attempt 1: t itself", "learned": "Learned"}
_FUNCTIONS: dict[str, list[Callable[..., Any]]] = {
    "sinusoidal": [positions.sinusoidal, positions.frequencies],
    "index": [positions.index],
    "learned": [],
}
_LONGEST = 1_000  # positions
_SHOWN = 4  # dimensions as waves
_CLOCKS = 5
_SQUARE = 128  # positions in the matrix


def code_input(slug: str) -> str:
    """Which code: a learned one only where a model has learned it."""
    offered = [code for code in _CODES if code != "learned" or positions_learned.is_offered()]
    return controls.choice(f"{slug}_code", "Code", offered, _CODES.__getitem__)


def code_view(slug: str) -> None:
    """The map of a code, its dimensions as waves, what two positions have in common, and a step as a turn."""
    with st.container(horizontal=True, gap="medium"):
        code = code_input(slug)
        base = _base(slug) if code == "sinusoidal" else positions.BASE
    learned = positions_learned.learned() if code == "learned" else None
    if code == "learned" and learned is None:
        return
    with st.container(horizontal=True, gap="medium"):
        width = 0 if learned else controls.count(f"{slug}_width", "Dimensions d", 64, 4, 256, step=2)
        longest = min(_LONGEST, len(learned.codes) // 10 * 10) if learned else _LONGEST
        length = controls.count(f"{slug}_length", "Positions", 100, 10, longest, step=10)
    if learned:
        codes = learned.codes[:length]
    else:
        codes = positions.index(length, width) if code == "index" else positions.sinusoidal(length, width, base)
    table = codes.numpy()
    _map(table, code)
    if code == "index":
        _grows(table)
    elif code == "sinusoidal":
        _waves(table, width, base)
    name = _alike(slug, codes, code)
    if code == "sinusoidal":
        _turns(slug, width, base, length)
    _how_computed(codes, code, base, _MEASURES[name])


def _base(slug: str) -> float:
    hint = "4: the base is 10,000, as in the paper; 1: it is 10."
    return float(10 ** controls.number(f"{slug}_base", "Base, as a power of ten", 4.0, 0.3, 6.0, 0.1, hint))


def _map(table: np.ndarray, code: str) -> None:
    figure = figures.code_map(table, LENGTH if code == "learned" else None)
    st.plotly_chart(
        figure,
        key="code_map",
        config={"displayModeBar": False},
        alt=f"Of {len(table)} positions {table.shape[1]} numbers each, from {table.min():.2f} to {table.max():.2f}.",
    )
    columns: Columns = {
        "position": np.repeat(np.arange(len(table)), table.shape[1]).tolist(),
        "dimension": list(range(table.shape[1])) * len(table),
        "value": table.ravel().tolist(),
    }
    said = f"Blue: above 0, orange: below; 0 has no colour, the full colours are ±{float(np.abs(table).max()):,.3g}."
    if code == "learned":
        used = LENGTH
        said += (
            f" One row of {table.shape[1]} weights a place, learned with all others of a small transformer. It read "
            f"{used} tokens at once: places from {used} on were never used"
            + (", right of the dashed line." if len(table) > used else ".")
        )
    st.caption(said)
    downloads("code_map", "code_map", figure, lambda: columns, f"Code of positions: {_CODES[code]}")


def _grows(table: np.ndarray) -> None:
    last = table[-1]
    st.markdown(
        f"The code of the last position has the length {np.linalg.norm(last):,.0f}, and there is no end to it: the "
        "embedding that it is added to can hardly be told any more, and each longer text has numbers that were never "
        "seen in training."
    )


def _waves(table: np.ndarray, width: int, base: float) -> None:
    st.subheader("Single dimensions are waves", anchor=False)
    shown = sorted({2 * round(i * (width // 2 - 1) / (_SHOWN - 1)) for i in range(_SHOWN)})
    lengths = positions.wavelengths(width, base)[[i // 2 for i in shown]].tolist()
    figure = figures.waves(table, shown, lengths)
    st.plotly_chart(
        figure,
        key="waves",
        config={"displayModeBar": False},
        alt=f"Dimensions {shown} as waves; the wavelengths grow from {lengths[0]:.1f} to {lengths[-1]:,.0f} positions.",
    )
    columns: Columns = {"position": list(range(len(table))), **{f"dimension {i}": table[:, i].tolist() for i in shown}}
    downloads("waves", "waves", figure, lambda: columns, "Dimensions of the sinusoidal code")


def _alike(slug: str, codes: Tensor, code: str) -> str:
    st.subheader("What two positions have in common", anchor=False)
    name = controls.choice(f"{slug}_measure", "Measured by the", list(_MEASURES), lambda one: _MEASURES[one].title)
    left, right = st.columns(2, gap="medium")
    with left:
        _square(codes[:_SQUARE], name)
    with right:
        _lines(codes, name, min(len(codes), LENGTH) if code == "learned" else len(codes))
    st.caption(
        f"{_said(code, name)} In the matrix blue is above 0, orange below."
        + (f" The matrix: the first {_SQUARE} positions." if len(codes) > _SQUARE else "")
    )
    return name


def _square(codes: Tensor, name: str) -> None:
    measure = _MEASURES[name]
    table = measure.of(codes, codes).numpy()
    figure = figures.alike(table, measure.square)
    st.plotly_chart(
        figure,
        key="alike",
        config={"displayModeBar": False},
        alt=f"{measure.title} of every two of {len(table)} codes, from {table.min():,.2f} to {table.max():,.2f}.",
    )
    columns: Columns = {
        "position t": np.repeat(np.arange(len(table)), len(table)).tolist(),
        "position s": list(range(len(table))) * len(table),
        name: table.ravel().tolist(),
    }
    downloads("alike", "alike", figure, lambda: columns, f"{measure.title}s of codes of positions, a matrix")


def _lines(codes: Tensor, name: str, used: int) -> None:
    """From the first, the middle and the last of the positions that are used to all."""
    measure = _MEASURES[name]
    places = sorted({0, used // 2, used - 1})
    found = dict(zip(places, measure.of(codes[places], codes).tolist(), strict=True))
    figure = figures.by_offset(list(found.items()), measure.line)
    st.plotly_chart(
        figure,
        key="by_offset",
        config={"displayModeBar": False},
        alt=f"{measure.title} of two codes by offset; {places[1]} with itself: {found[places[1]][places[1]]:.2f}.",
    )
    columns: Columns = {
        "position": list(range(len(codes))),
        **{f"{name} with {place}": values for place, values in found.items()},
    }
    downloads("by_offset", "by_offset", figure, lambda: columns, f"{measure.title}s of codes of positions")


def _said(code: str, name: str) -> str:
    """What is to be seen in the matrix and in the lines beside it."""
    if code == "learned":
        return "Nothing ties a learned code to the offset: what the diagonals of the matrix show, training has found."
    if code == "sinusoidal":
        return (
            "The size of the offset alone counts: each diagonal of the matrix has one colour, and the lines lie upon "
            "each other."
        )
    if name == "product":
        return "The product grows with both positions: it does not tell the offset."
    return "The distance tells the offset, but the code has no bound."


def _turns(slug: str, width: int, base: float, length: int) -> None:
    st.subheader("A step is a turn", anchor=False)
    with st.container(horizontal=True, gap="medium"):
        t = controls.count(f"{slug}_t", "Position t", 5, 0, length - 1)
        k = controls.count(f"{slug}_k", "Offset k", 3, 0, 50)
    all_pairs = positions.frequencies(width, base).tolist()
    figure = figures.clocks(all_pairs[:_CLOCKS], t, k)
    st.plotly_chart(
        figure,
        key="clocks",
        config={"displayModeBar": False},
        alt=f"Hands of {min(_CLOCKS, len(all_pairs))} clocks at position {t}, and turned on by {k} positions.",
    )
    st.caption(
        f"The hands of the first pairs of dimensions at t = {t} (blue) and at t + k = {t + k} (amber). Move t: the "
        "angle between them stays. So PE(t + k) is PE(t) times a matrix that knows k, but not t."
    )
    columns: Columns = {
        "pair": list(range(len(all_pairs))),
        "radians a position": all_pairs,
        "turn by k, radians": [k * frequency for frequency in all_pairs],
    }
    downloads("clocks", "clocks", figure, lambda: columns, f"Pairs of dimensions as clocks, t = {t}, k = {k}")


def _how_computed(codes: Tensor, code: str, base: float, measure: Measure) -> None:
    between = float(measure.of(codes[3:4], codes[4:5]))
    explain.explanation(
        "Attention by itself sees a set of tokens. A code that is added to each embedding tells where it stands. The "
        "index alone grows without end; sinusoids stay between −1 and 1, tell near positions apart by the quick waves "
        "and far ones by the slow ones, and a shift by k is the same turn everywhere (Vaswani et al. 2017). A learned "
        "code is a table of weights, one row a place, and ends where the table ends.",
        lambda: [
            *_formulas(codes, code, base),
            measure.latex.format(3, 4) + " = " + minus(f"{between:.4f}"),
        ],
        [*_FUNCTIONS[code], measure.of],
    )


def _formulas(codes: Tensor, code: str, base: float) -> list[str]:
    i = min(2, codes.shape[1] - 1)
    number = minus(f"{float(codes[3, i]):.4f}")
    if code == "learned":
        return [r"PE(t) = \text{row } t \text{ of a table of weights}", rf"PE(3, {i}) = {number}"]
    if code == "index":
        return [rf"PE(t, i) = t, \qquad PE(3, {i}) = {float(codes[3, i]):.0f}"]
    cosines = float(positions.frequencies(codes.shape[1], base).cos().sum())
    return [
        r"PE(t, 2i) = \sin\bigl(t / b^{2i/d}\bigr), \qquad PE(t, 2i + 1) = \cos\bigl(t / b^{2i/d}\bigr)",
        rf"PE(3, {i}) = \sin\bigl(3 / {base:g}^{{{i}/{codes.shape[1]}}}\bigr) = {number}",
        r"PE(t) \cdot PE(t + k) = \sum_i \cos(k\, b^{-2i/d}), \qquad k = 1: \quad " + minus(f"{cosines:.4f}"),
    ]
