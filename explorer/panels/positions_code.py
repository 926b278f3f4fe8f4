"""What is added to an embedding so that it tells its place: attempt 1, and sinusoids."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from torch import Tensor

from explorer import controls, explain
from explorer.downloads import Columns, downloads
from explorer.figures import positions as figures
from explorer.numbers import minus
from models.tokens import positions


@dataclass(frozen=True)
class Measure:
    """How alike two codes are."""

    title: str
    axis: str
    of: Callable[[Tensor, int], Tensor]


_MEASURES = {
    "product": Measure("Product", "PE(t) · PE(t + k)", positions.products),
    "distance": Measure("Distance", "|PE(t) − PE(t + k)|", positions.distances),
}
CODES = {"sinusoidal": "Sinusoidal", "index": "Attempt 1: t itself"}
_BASES = ("10000", "1000", "100", "10")
_SHOWN = 4  # dimensions as waves
_CLOCKS = 5


def code_view(slug: str) -> None:
    """The map of a code, its dimensions as waves, what two positions have in common, and a step as a turn."""
    with st.container(horizontal=True, gap="medium"):
        code = controls.choice(f"{slug}_code", "Code", list(CODES), CODES.__getitem__)
        base = float(controls.choice(f"{slug}_base", "Base", _BASES, lambda base: f"{int(base):,}"))
    with st.container(horizontal=True, gap="medium"):
        width = controls.count(f"{slug}_width", "Dimensions d", 64, 4, 256, step=2)
        length = controls.count(f"{slug}_length", "Positions", 100, 10, 1_000, step=10)
    codes = positions.index(length, width) if code == "index" else positions.sinusoidal(length, width, base)
    table = codes.numpy()
    _map(table, code)
    if code == "index":
        _grows(table)
    else:
        _waves(table, width, base)
    _alike(slug, codes)
    if code == "sinusoidal":
        _turns(slug, width, base, length)
    _how_computed(table, code, width, base)


def _map(table: np.ndarray, code: str) -> None:
    figure = figures.code_map(table)
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
    downloads("code_map", "code_map", figure, lambda: columns, f"Code of positions: {CODES[code]}")


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


def _alike(slug: str, table: Tensor) -> None:
    st.subheader("What two positions have in common", anchor=False)
    name = controls.choice(f"{slug}_measure", "Measured by the", list(_MEASURES), lambda one: _MEASURES[one].title)
    measure = _MEASURES[name]
    places = sorted({0, len(table) // 2, len(table) - 1})
    found = {place: measure.of(table, place).tolist() for place in places}
    figure = figures.by_offset(list(found.items()), measure.axis)
    st.plotly_chart(
        figure,
        key="by_offset",
        config={"displayModeBar": False},
        alt=f"{measure.title} of two codes by offset; {places[1]} with itself: {found[places[1]][places[1]]:.2f}.",
    )
    st.caption(
        "Sinusoids: the lines lie upon each other, since this depends on the size of the offset alone. Attempt 1: the "
        + ("product does not." if name == "product" else "distance does so too, but the code has no bound.")
    )
    columns: Columns = {
        "position": list(range(len(table))),
        **{f"{name} with {place}": values for place, values in found.items()},
    }
    downloads("by_offset", "by_offset", figure, lambda: columns, f"{measure.title}s of codes of positions")


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
        f"The hand of each pair of dimensions at t = {t} (blue) and at t + k = {t + k} (amber). Move t: the angle "
        "between the two stays. So PE(t + k) is PE(t) times a matrix that knows k, but not t."
    )
    columns: Columns = {
        "pair": list(range(len(all_pairs))),
        "radians a position": all_pairs,
        "turn by k, radians": [k * frequency for frequency in all_pairs],
    }
    downloads("clocks", "clocks", figure, lambda: columns, f"Pairs of dimensions as clocks, t = {t}, k = {k}")


def _how_computed(table: np.ndarray, code: str, width: int, base: float) -> None:
    i = min(2, table.shape[1] - 1)
    explain.explanation(
        "Attention by itself sees a set of tokens. A code that is added to each embedding tells where it stands. The "
        "index alone grows without end; sinusoids stay between −1 and 1, tell near positions apart by the quick waves "
        "and far ones by the slow ones, and a shift by k is the same turn everywhere (Vaswani et al. 2017).",
        lambda: [
            r"PE(t, 2i) = \sin\bigl(t / b^{2i/d}\bigr), \qquad PE(t, 2i + 1) = \cos\bigl(t / b^{2i/d}\bigr)",
            *(
                [
                    rf"PE(3, {i}) = \sin\bigl(3 / {base:g}^{{{i}/{width}}}\bigr) = {table[3, i]:.4f}",
                    r"PE(t) \cdot PE(t + k) = \sum_i \cos(k\, b^{-2i/d}), \qquad k = 1: \quad "
                    + minus(f"{float(positions.frequencies(width, base).cos().sum()):.4f}"),
                ]
                if code == "sinusoidal"
                else [rf"PE(t, i) = t, \qquad PE(3, {i}) = {table[3, i]:.0f}"]
            ),
        ],
        [positions.sinusoidal, positions.frequencies] if code == "sinusoidal" else [positions.index],
    )
