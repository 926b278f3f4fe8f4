"""Keys and values that are kept: what is anew with one more token, what memory and time they cost."""

import html
import uuid
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st
import torch

from explorer import address, background, controls, explain, loading
from explorer.downloads import Columns, downloads
from explorer.figures.cached import kept_bytes, kept_rows
from explorer.figures.costs import Line, power_laws
from explorer.jobs import Job, State
from explorer.numbers import in_bytes
from explorer.panels import inside
from explorer.panels.inside import Look
from explorer.tables import table
from models.errors import ModelError
from models.mixers import caching, costs
from models.mixers.caching import LENGTHS, Multiplications, ReadsOn, Timed
from models.mixers.network import Network

_SLOT = "transformer_times"
_EVERY = 1.0  # seconds between two looks at the job
_TICKS = (1, 4, *LENGTHS)
_RECURRENT = {"lstm": ("LSTM", 0), "gru": ("GRU", 1)}  # title, colour
_TRANSFORMER, _ANEW = 5, 4


@dataclass(frozen=True)
class Sizes:
    """What one token more takes."""

    length: int  # tokens, the new one among them
    n_layer: int
    n_head: int
    n_kv_head: int
    d_head: int
    bytes: int  # of all keys and values, measured
    work: Multiplications

    @property
    def of_token(self) -> int:
        """Numbers that a token's keys and values are."""
        return 2 * self.n_layer * self.n_kv_head * self.d_head

    @property
    def bytes_each(self) -> float:
        """Of a token."""
        return self.bytes / self.length


def cache_view(slug: str) -> None:
    """The text, one head's keys and values, and what is kept and computed, in numbers, bytes and seconds."""
    look = inside.look(slug)
    if look is None:
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        layer = inside.counted(f"{slug}_kept_layer", "Layer", look.inside.n_layer)
        head = inside.counted(f"{slug}_kept_head", "Head", look.inside.n_head)
    _rows(look, layer, head)
    sizes = _sizes(look)
    if sizes is None:
        return
    _table(look, sizes)
    _memory(slug, look, sizes)
    _times(slug, look)
    _how_computed(look, sizes)


def _rows(look: Look, layer: int, head: int) -> None:
    """Keys and values of a head, and the newest token's weights."""
    one, mine = look.trace.layers[layer], head // look.shared
    weights = one.pattern[head, -1].numpy()
    new, kept = look.tokens[-1], len(look.ids) - 1
    said = f"When “{new}” comes, a query, a key and a value are new, and its weights; {kept} keys and values are kept."
    st.text(said)
    figure = kept_rows(look.tokens, one.k[mine].numpy(), weights, one.v[mine].numpy())
    st.plotly_chart(
        figure,
        key="kept",
        config={"displayModeBar": False},
        alt=f"Keys and values of head {head + 1} in layer {layer + 1}, a row for each of {kept + 1} tokens. {said}",
    )
    note = f" {look.shared} heads share one set of keys and values here." if look.shared > 1 else ""
    st.caption(
        "Framed: new. A kept row never changes, since no token looks at what comes after it. Blue: above 0, orange: "
        f"below.{note}"
    )

    def columns() -> Columns:
        numbers = {f"key {i + 1}": column for i, column in enumerate(one.k[mine].mT.tolist())}
        numbers |= {f"value {i + 1}": column for i, column in enumerate(one.v[mine].mT.tolist())}
        return {"token": look.tokens, "weight": weights.tolist()} | numbers

    downloads("kept", "kept", figure, columns, f"Keys and values, {look.lm.card.title}\n{said}")


def _sizes(look: Look) -> Sizes | None:
    network = getattr(look.lm, "network", None)
    if not isinstance(network, torch.nn.Module):
        return None
    return Sizes(
        length=len(look.ids),
        n_layer=look.inside.n_layer,
        n_head=look.inside.n_head,
        n_kv_head=look.inside.n_kv_head,
        d_head=look.trace.layers[0].k.shape[-1],
        bytes=caching.kept_bytes(look.trace, look.inside),
        work=caching.multiplications(network, look.inside),
    )


def _table(look: Look, sizes: Sizes) -> None:
    length, heads = sizes.length, sizes.n_layer * sizes.n_head
    pairs = length * (length + 1) // 2
    with_cache, without = sizes.work.with_cache(length), sizes.work.without(length)
    st.subheader(f"One more token with what is kept: {_times_less(without / with_cache)} to multiply", anchor=False)
    rows = [
        ("keys and values", sizes.of_token, sizes.of_token * (length - 1), sizes.of_token * length),
        ("queries", heads * sizes.d_head, 0, heads * sizes.d_head * length),
        ("scores", heads * length, 0, heads * pairs),
        ("multiplications", with_cache, 0, without),
    ]
    table(
        f"What the token “{look.tokens[-1]}” takes",
        ("numbers", "anew, with what is kept", "kept", "anew, with nothing kept"),
        [[f"<b>{name}</b>", *(f"{number:,}" if number else "–" for number in numbers)] for name, *numbers in rows],
        wraps=False,
    )
    st.caption(
        "Counted: each weight of the layers' matrices once a token, the vocabulary's scores of the last token, and in "
        "each head the products of a query with each key up to its own and of their weights with the values. Not "
        "counted: norms, softmax, activations, additions, the turns by RoPE, the product with a gate in the MLP."
    )


def _times_less(ratio: float) -> str:
    return f"{ratio:.1f} times less" if ratio >= 1.05 else "the same"


def _memory(slug: str, look: Look, sizes: Sizes) -> None:
    """Bytes against length, beside what recurrent networks keep."""
    st.subheader("Memory against length", anchor=False)
    place = st.empty()
    lines = [_line("transformer", _TRANSFORMER, [sizes.bytes_each * length for length in _TICKS])]
    for name, (title, colour) in _RECURRENT.items():
        try:
            network = getattr(loading.model(name, place), "network", None)
        except ModelError as error:
            controls.notice(str(error))
            continue
        if isinstance(network, Network):
            size = caching.state_bytes(network.start(1))
            lines.append(_line(title, colour, [size] * len(_TICKS)))
    job = _job(slug, look)
    found = _found(job)
    measured = [(one.length, float(one.bytes)) for one in found]
    figure = kept_bytes(lines, _TICKS, measured)
    said = (
        f"After {sizes.length} tokens {in_bytes(sizes.bytes)}, {in_bytes(sizes.bytes_each)} a token; "
        + " and ".join(f"the {line.name} {in_bytes(line.y[0])} at any length" for line in lines[1:])
        + "."
    )
    st.text(said)
    st.plotly_chart(figure, key="memory", config={"displayModeBar": False}, alt=f"Bytes against length. {said}")
    st.caption(
        f"Keys and values of the text's {sizes.length} tokens, in proportion at other lengths, and the states of the "
        f"recurrent networks, in the precision of each. {_compared(found, sizes)}Both axes are logarithmic."
    )
    by_length = dict(measured)
    data: dict[str, Sequence[object]] = {"tokens": list(_TICKS)} | {line.name: list(line.y) for line in lines}
    if found:
        data["measured"] = [by_length.get(length, "") for length in _TICKS]
    downloads("memory", "memory", figure, lambda: data, f"Bytes kept between tokens, {look.lm.card.title}")


def _compared(found: Sequence[Timed], sizes: Sizes) -> str:
    """What the measured bytes say about the line."""
    if not found:
        return ""
    far = max(found, key=lambda one: abs(one.bytes / (sizes.bytes_each * one.length) - 1))
    ratio = far.bytes / (sizes.bytes_each * far.length)
    off = "on the line" if abs(ratio - 1) < 1e-6 else f"at {far.length:,} tokens {ratio:.2f} times what the line says"
    return f"Rings: what the model itself kept when it was measured, {off}. "


def _line(name: str, colour: int, sizes: Sequence[float]) -> Line:
    return Line(name, colour, _TICKS, sizes, "")


def _lengths(look: Look) -> list[int]:
    """Those that the model can read."""
    config = getattr(getattr(look.lm, "network", None), "config", None)
    learned = getattr(config, "block_size", None) if getattr(config, "positions", None) == "learned" else None
    most = learned or look.lm.card.block_size or LENGTHS[-1]
    return [length for length in LENGTHS if length <= most]


def _key(look: Look) -> tuple[object, ...]:
    return (_SLOT, look.name, st.session_state.get("_times_run", ""))


def _job(slug: str, look: Look) -> Job | None:
    """The measurement, where the reader asked for it."""
    return background.current(_SLOT, _key(look)) if address.value(f"{slug}_times") == "1" else None


def _found(job: Job | None) -> list[Timed]:
    return [one for one in ([] if job is None else job.events) if isinstance(one, Timed)]


def _again() -> None:
    st.session_state["_times_run"] = uuid.uuid4().hex  # jobs are all sessions': no other one's old run is meant


def _times(slug: str, look: Look) -> None:
    """Seconds for one more token, with what is kept and without, against length."""
    st.subheader("Time of one more token", anchor=False)
    lm = look.lm
    if not isinstance(lm, ReadsOn):
        return
    hint = "The model reads texts of several lengths, with what is kept and without."
    if not controls.toggle(f"{slug}_times", "Measure it on this machine", hint):
        return
    job, lengths, ids = _job(slug, look), _lengths(look), look.ids
    if job is None:
        # Of the model and the tokens alone: a job that waits, and a fragment below, would keep a look's trace alive.
        def work(_check: Callable[[], None]) -> Generator[Any, None, None]:
            yield from caching.timed(lm, ids, lengths)

        with controls.explained_errors(st.empty(), _SLOT):
            job = background.start(_SLOT, _key(look), work)
    is_live = job is not None and not job.is_over
    if is_live:
        st.button("Stop", key="stop_times", on_click=background.stop, args=(_SLOT,))
    else:
        st.button("Measure again", key="again_times", on_click=_again, icon=":material/refresh:")
    st.fragment(partial(_picture, lm.card.title, job, lengths, is_live), run_every=_EVERY if is_live else None)()


def _picture(title: str, job: Job | None, lengths: Sequence[int], is_live: bool) -> None:
    found = _found(job)
    st.html(f'<div class="explorer-facts" role="status">{html.escape(_status(job, found, lengths))}</div>')
    at = [one.length for one in found]
    lines = [
        Line("nothing kept", _ANEW, at, [one.whole for one in found], ""),
        Line("keys, values kept", _TRANSFORMER, at, [one.cached for one in found], ""),
    ]
    figure = power_laws(
        lines if found else [], lengths, "T, tokens, the new one among them", "T", "one more token", "seconds"
    )
    last = f"At {at[-1]:,} tokens {found[-1].whole / found[-1].cached:.1f} times as quick." if found else "Nothing yet."
    st.plotly_chart(
        figure,
        key="times",
        config={"displayModeBar": False},
        alt=f"Seconds for one more token against length, with keys and values kept and without. {last}",
    )
    st.caption(f"{last} Medians of up to five turns; other work on this machine makes them uneven.")
    data: Columns = {
        "tokens": at,
        "seconds, kept": [one.cached for one in found],
        "seconds, nothing kept": [one.whole for one in found],
        "bytes kept": [one.bytes for one in found],
    }
    downloads("times", "times", figure, lambda: data, f"Time of one more token, {title}")
    if is_live and job is not None and job.is_over:
        st.rerun()


def _status(job: Job | None, found: Sequence[Timed], lengths: Sequence[int]) -> str:
    if job is None:
        return "Nothing is measured."
    if job.error is not None:
        return job.error
    if job.state is State.DONE:
        end = "" if len(found) == len(lengths) else " Longer texts would take too long."
        return f"Measured here: {costs.machine()}.{end}"
    if job.is_over:
        return f"Stopped after {len(found)} of {len(lengths)} lengths."
    if not job.events:
        return f"{background.waits(job)} …"
    return f"Measuring, {len(found)} of {len(lengths)}: T = {lengths[min(len(found), len(lengths) - 1)]:,}."


def _how_computed(look: Look, sizes: Sizes) -> None:
    explain.explanation(
        "A token's key and value depend on the tokens before it alone, so they are the same when another token comes: "
        "they are kept, and only the newest token goes through the matrices. Its query meets all keys that are there. "
        "A recurrent network keeps a state of fixed size in their place.",
        lambda: _formulas(look, sizes),
        [
            Multiplications.with_cache,
            Multiplications.without,
            caching.multiplications,
            caching.kept_bytes,
            caching.timed,
        ],
    )


def _formulas(look: Look, sizes: Sizes) -> list[str]:
    length, work = sizes.length, sizes.work
    new, each = explain.latex_text(look.tokens[-1]), sizes.bytes // (sizes.of_token * length)
    return [
        r"z_T = \sum_{j \le T} a_{Tj} v_j, \qquad a_{T\cdot} = \mathrm{softmax}\Bigl(\frac{q_T k_j^\top}"
        r"{\sqrt{d_{\text{head}}}}\Bigr)_{j \le T}, \qquad k_1 \dots k_{T-1},\, v_1 \dots v_{T-1} \text{ kept}",
        r"\text{bytes} = 2 \cdot n_{\text{layer}} \cdot n_{\text{kv}} \cdot d_{\text{head}} \cdot T \cdot"
        rf" {each} = 2 \cdot {sizes.n_layer} \cdot {sizes.n_kv_head} \cdot"
        rf" {sizes.d_head} \cdot {length} \cdot {each} = {sizes.bytes}",
        rf"{new}\text{{, kept: }} \underbrace{{{work.weights}}}_{{\text{{weights}}}} +"
        rf" \underbrace{{{work.scores}}}_{{\text{{vocabulary}}}} + \underbrace{{{work.pair}}}_{{\text{{a key}}}}"
        rf" \cdot {length} = {work.with_cache(length)}",
        rf"{new}\text{{, nothing kept: }} {work.weights} \cdot {length} + {work.scores} + {work.pair} \cdot"
        rf" \frac{{{length} \cdot {length + 1}}}{{2}} = {work.without(length)}",
    ]
