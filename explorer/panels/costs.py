"""What sequence mixing costs: measured on this machine, beside the orders of growth, and at any size."""

import html
import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import astuple, dataclass, fields
from functools import partial
from typing import Any

import streamlit as st

from explorer import background, controls, explain
from explorer.downloads import Columns, downloads
from explorer.figures.costs import Line, power_laws
from explorer.jobs import Job, State
from explorer.numbers import in_bytes, minus
from explorer.tables import table
from models.mixers import costs
from models.mixers.costs import CONTEXT, LECTURE, ORDER, Cost

LENGTHS, WIDTHS = tuple(2**power for power in range(7, 14)), (32, 64, 128, 256, 512)
LENGTH, WIDTH = 128, 64  # where the other one varies
SIZES = costs.sizes(LENGTHS, WIDTHS, LENGTH, WIDTH, most_waits=2048)
TITLES = {"n-gram": "n-gram", "ffn": "FFN", "rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "transformer": "transformer"}
_COLOURS = {"lstm": 0, "gru": 1, "rnn": 2, "ffn": 3, "n-gram": 4, "transformer": 5}
_SLOT = "costs"
_WHOLE = "_costs_whole"  # of the session: the last measurement that came to its end
_EVERY = 1.0  # seconds between two looks at the job
_PATIENCE = 3.0  # seconds that a page waits for the first of all families
_TAIL = 3  # so many of the largest sizes tell an exponent


@dataclass(frozen=True)
class Quantity:
    """One of the things that are measured."""

    title: str
    axis: str
    unit: str
    words: str


QUANTITIES = {
    "train_seconds": Quantity(
        "Training time",
        "training time",
        "seconds",
        "One pass forward and one backward over a text of T tokens. An n-gram counts the text.",
    ),
    "train_bytes": Quantity(
        "Training memory",
        "training memory",
        "bytes",
        "What the pass forward keeps for the pass backward, beside the weights. An n-gram keeps nothing.",
    ),
    "step_seconds": Quantity(
        "One more token",
        "time of one more token",
        "seconds",
        "The time to read the T-th token while a text is written.",
    ),
    "state_bytes": Quantity(
        "Memory between tokens",
        "memory between tokens",
        "bytes",
        "What is kept from one token to the next while a text is written.",
    ),
}
AGAINST = {"length": "Length T", "width": "Width d"}
_COLUMNS = {"train_bytes": 0, "state_bytes": 1, "waits": 2, "train_seconds": 3, "step_seconds": 4}  # of LECTURE


@dataclass(frozen=True)
class Measured:
    """What is known so far."""

    machine: str
    found: Sequence[Cost]
    job: Job | None

    @classmethod
    def of(cls, job: Job | None) -> "Measured":
        """What the job has told, or else, until it has told all, what another told this reader before."""
        machine, *found = (job.events if job is not None else []) or [""]
        now = cls(machine, found, job)
        if job is not None and job.state is State.DONE:
            st.session_state[_WHOLE] = now
        whole: Measured | None = st.session_state.get(_WHOLE)
        return now if whole is None else cls(whole.machine, whole.found, job)

    def series(self, family: str, against: str) -> list[Cost]:
        """A family's costs at one width or at one length, the small ones first."""
        mine = [cost for cost in self.found if _is_of(family, against, cost.family, cost.length, cost.width)]
        return sorted(mine, key=lambda cost: int(getattr(cost, against)))

    def exponent(self, family: str, against: str, quantity: str) -> float:
        """Of the power law through the largest sizes; NaN: none, or not known yet."""
        series = self.series(family, against)
        if len(series) < max(_TAIL, sum(_is_of(family, against, *size) for size in SIZES)):
            return math.nan
        largest = series[-_TAIL:]
        return costs.slope([getattr(cost, against) for cost in largest], [getattr(cost, quantity) for cost in largest])


def _is_of(family: str, against: str, of: str, length: int, width: int) -> bool:
    """Whether a size is of this family's series; an n-gram has none against the width."""
    if against == "width":
        return of == family != "n-gram" and length == LENGTH
    return of == family and width == WIDTH


def costs_view(slug: str) -> None:
    """The measurement, the table of orders, and a calculator."""
    quantity = controls.choice(
        f"{slug}_quantity", "What is measured", list(QUANTITIES), lambda name: QUANTITIES[name].title, hidden=True
    )
    figure, beside = st.columns([2, 1], gap="large")
    with beside:
        against = controls.choice(f"{slug}_against", "Against", list(AGAINST), AGAINST.__getitem__)
        st.text(QUANTITIES[quantity].words)
        button = st.empty()
    with figure:
        job = _begun()
    is_live = job is not None and not job.is_over
    _start_or_stop(button, job)
    every = _EVERY if is_live else None
    with figure:
        st.fragment(partial(_picture, job, quantity, against), run_every=every)()
    st.subheader("Orders of growth, and what was measured", anchor=False)
    st.fragment(partial(_table, job, is_live), run_every=every)()
    length, width = _any_size(slug)
    _how_computed(Measured.of(job), length, width)


def _work(_check: Callable[[], None]) -> Generator[Any, None, None]:
    yield f"{costs.machine()}, on one of them"
    yield from costs.measured(SIZES)


def _key(run: int) -> tuple[object, ...]:
    return (_SLOT, tuple(SIZES), run)


def _begun() -> Job | None:
    """The job of this reader's turn, which all who are at the same turn share."""
    key = _key(st.session_state.setdefault("_costs_run", 0))
    job, place = background.current(_SLOT, key), st.empty()  # always one place, or the figure below it moves
    if job is None:
        with controls.explained_errors(place, _SLOT):
            job = background.start(_SLOT, key, _work)
    if job is not None and _WHOLE not in st.session_state:
        for _ in range(int(_PATIENCE / 0.05)):
            if len(job.events) > len(LECTURE) or job.wait(0.05):
                break
            place.empty()  # here Streamlit can end this run
    return job


def _again() -> None:
    """The next turn that is not over: who asks while others measure looks at theirs."""
    run = st.session_state["_costs_run"] + 1
    while (job := background.current(_SLOT, _key(run))) is not None and job.is_over:
        run += 1
    st.session_state["_costs_run"] = run


def _start_or_stop(place: Any, job: Job | None) -> None:
    if job is not None and not job.is_over:
        place.button("Stop", key="stop_costs", on_click=background.stop, args=(_SLOT,))
    else:
        place.button("Measure again", key="again_costs", on_click=_again, icon=":material/refresh:")


def _status(measured: Measured) -> str:
    job = measured.job
    if job is None:
        return "Nothing is measured."
    done, of = max(0, len(job.events) - 1), len(SIZES)
    before = " Shown is the measurement before." if len(measured.found) > done else ""
    if job.error is not None:
        return job.error + before
    if job.state is State.DONE:
        return f"Measured here: {measured.machine}."
    if job.is_over:
        return f"Stopped after {done} of {of} measurements.{before}"
    if done == 0:
        return f"{background.waits(job)} …{before}"
    family, length, width = SIZES[min(done, of - 1)]
    return f"Measuring, {done} of {of}: {TITLES[family]}, T = {length:,}, d = {width}.{before}"


def _picture(job: Job | None, quantity: str, against: str) -> None:
    measured, chosen = Measured.of(job), QUANTITIES[quantity]
    st.html(f'<div class="explorer-facts" role="status">{html.escape(_status(measured))}</div>')
    lines = list[Line]()
    for family, title in TITLES.items():
        series = [cost for cost in measured.series(family, against) if getattr(cost, quantity) > 0]
        if series:
            exponent = _said(measured.exponent(family, against, quantity), quantity)
            sizes, values = ([getattr(cost, name) for cost in series] for name in (against, quantity))
            lines.append(Line(title, _COLOURS[family], sizes, values, exponent))
    ticks, symbol = (LENGTHS, "T") if against == "length" else (WIDTHS, "d")
    x_title = f"T, tokens of the text (d = {WIDTH})" if against == "length" else f"d, numbers a token (T = {LENGTH})"
    figure = power_laws(lines, ticks, x_title, symbol, chosen.axis, chosen.unit)
    slopes = ", ".join(f"{line.name} {symbol}^{line.exponent}" for line in lines if line.exponent)
    st.plotly_chart(
        figure,
        key="costs",
        config={"displayModeBar": False},
        alt=f"{chosen.title} against {AGAINST[against]}. Measured: {slopes or 'nothing yet'}.",
    )
    notes = ["Both axes are logarithmic: a power law is a straight line, its exponent the slope at the right end."]
    if any(line.x[-1] < ticks[-1] for line in lines):
        notes.append("Dotted: only the way to the name.")
    if against == "width":
        notes.append("An n-gram has no width.")
    if quantity == "train_bytes":
        notes.append(
            "Attention as in textbooks would grow with T²: this one, torch's scaled_dot_product_attention, does not "
            "keep its T × T weights, but computes them again on the way back."
        )
    st.caption(" ".join(notes))
    about = f"{chosen.title} against {AGAINST[against]}\n{_status(measured)}"
    downloads("costs", "costs", figure, partial(_data, measured), about)


def _data(measured: Measured) -> Columns:
    """Every number that was measured."""
    rows = [astuple(cost) for cost in measured.found]
    return {field.name: [row[i] for row in rows] for i, field in enumerate(fields(Cost))}


def _said(exponent: float, quantity: str) -> str:
    """An exponent, as far as it is worth: times are noisy, bytes are counted."""
    if math.isnan(exponent):
        return ""
    digits = 1 if quantity.endswith("seconds") else 2
    return minus(f"{round(exponent, digits) + 0.0:.{digits}f}")


def _table(job: Job | None, is_live: bool) -> None:
    """The orders, and under each what was measured; the page is drawn anew once the job is over."""
    measured = Measured.of(job)
    head = ("", "training memory", "memory between tokens", "steps that wait", "training time", "one more token")
    rows = [
        [f"<b>{title}</b>", *(_cell(measured, family, quantity) for quantity in _COLUMNS)]
        for family, title in TITLES.items()
    ]
    table("Orders of growth, in theory and measured", head, rows, wraps=False)
    st.caption(
        f"Grey: the exponents measured, over the {_TAIL} largest sizes. Steps that wait for one another can't be "
        "computed in parallel. These layers are narrow, so that fixed costs of each call hide a part of d². "
        "T² shows where T is far larger than d. One layer, float32, one text at a time, without a vocabulary. "
        "Times are the processor's; other work on this machine still makes them uneven. Textbooks give a transformer's "
        "training memory as O(T² + T d), with the T × T weights kept; here they are computed again."
    )
    if is_live and job is not None and job.is_over:
        st.rerun()


def _cell(measured: Measured, family: str, quantity: str) -> str:
    order = html.escape(LECTURE[family][_COLUMNS[quantity]])
    found = [
        f"{symbol}<sup>{_said(exponent, quantity)}</sup>"
        for against, symbol in (("length", "T"), ("width", "d"))
        if (quantity, against) != ("waits", "width")
        and not math.isnan(exponent := measured.exponent(family, against, quantity))
    ]
    if quantity == "train_bytes" and family == "n-gram" and measured.found:
        found = ["0 bytes"]
    return f'{order}<br><span class="explorer-facts">{" ".join(found) or "…"}</span>'


def _any_size(slug: str) -> tuple[int, int]:
    """What is kept between tokens, at sizes that are not measured: a formula knows it. Gives the T and d chosen."""
    st.subheader("At any size: memory between tokens", anchor=False)
    with st.container(horizontal=True, gap="large"):
        length = controls.count(f"{slug}_t", "Tokens read, T", 10_000, 100, 100_000, step=100)
        width = controls.count(f"{slug}_d", "Numbers a token, d", 1024, 32, 4096, step=32)
    formulas = {
        "n-gram": ("(n − 1) · 8", f"{ORDER - 1} · 8"),
        "ffn": ("(N − 1) · d · 4", f"{CONTEXT - 1} · {width:,} · 4"),
        "rnn": ("d · 4", f"{width:,} · 4"),
        "lstm": ("2 · d · 4", f"2 · {width:,} · 4"),
        "gru": ("d · 4", f"{width:,} · 4"),
        "transformer": ("2 · T · d · 4", f"2 · {length:,} · {width:,} · 4"),
    }
    kept = {family: costs.state_bytes(family, length, width) for family in formulas}
    rows = [
        [f"<b>{TITLES[family]}</b>", symbols, numbers, f"{kept[family]:,}", in_bytes(kept[family])]
        for family, (symbols, numbers) in formulas.items()
    ]
    table("Bytes kept between tokens", ("one layer keeps", "formula", "here", "bytes", ""), rows, wraps=False)
    st.caption(
        f"The transformer keeps a key and a value of every token: {kept['transformer'] // kept['lstm']:,} times as "
        f"much as the LSTM, which keeps h and c. A number takes 4 bytes, a token's id 8. n = {ORDER}, N = {CONTEXT}."
    )
    return length, width


def _how_computed(measured: Measured, length: int, width: int) -> None:
    explain.explanation(
        "Each layer works on random numbers of the right shape: they take as long as real ones. A time is the shortest "
        "of three turns or more, by the clock of the thread that computes. Training memory is the sum of what "
        "automatic differentiation saves, each piece once. The exponent is the slope of the straight line through the "
        "largest sizes, by least squares on the logarithms.",
        lambda: _formulas(measured, length, width),
        [costs.measure, costs.slope, costs.state_bytes],
    )


def _formulas(measured: Measured, length: int, width: int) -> list[str]:
    kept = costs.state_bytes("transformer", length, width)
    formulas = [
        r"\text{cost} = b \, T^{a} \quad\Rightarrow\quad \log \text{cost} = a \log T + \log b",
        r"a = \frac{\sum_i (\log T_i - \overline{\log T})(\log y_i - \overline{\log y})}"
        r"{\sum_i (\log T_i - \overline{\log T})^2}",
        rf"\text{{transformer, between tokens: }} 2 \cdot T \cdot d \cdot 4 = 2 \cdot {length} \cdot {width} \cdot 4"
        rf" = {kept}\,\text{{bytes}}",
    ]
    exponent = measured.exponent("transformer", "length", "train_seconds")
    if math.isnan(exponent):
        return formulas
    largest = measured.series("transformer", "length")[-_TAIL:]
    points = r", \quad ".join(rf"({cost.length},\ {cost.train_seconds:.3g}\,\text{{s}})" for cost in largest)
    return [
        *formulas,
        rf"\text{{transformer, training time: }} \quad {points}",
        rf"a = {exponent:.2f}, \qquad d = {WIDTH}",
    ]
