"""Shared inputs, each of which returns one plain value that stands in the URL, and words for the reader."""

import html
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import address
from models.errors import ModelError

MAX_CHARACTERS = 200_000
ECHO_SECONDS = 2.0
Offer = Callable[[ModelError], tuple[str, Callable[[], None]] | None]
T = TypeVar("T")
_NOTHING: Mapping[str, str] = {}


def text(
    name: str,
    label: str,
    default: str,
    *,
    hint: str | None = None,
    placeholder: str | None = None,
    along: Mapping[str, str] | None = None,
    height: int = 76,
) -> str:
    """A box for a text of any length.

    Args:
        name: of the URL parameter.
        label: what it is called on the page.
        default: the text at first.
        hint: help behind a question mark.
        placeholder: what an empty box shows.
        along: other texts and their defaults; they are committed with a change, since the defaults depend on it.
        height: of the box, in pixels.
    """
    address.texts().add(name)
    commit = (_key(name), name, default, str, along or {})
    current = address.value(name, default)
    return str(
        st.text_area(
            label,
            current,
            key=_bound(current, commit),
            height=height,
            max_chars=MAX_CHARACTERS,
            help=hint,
            placeholder=placeholder,
            on_change=_commit,
            args=commit,
        )
    )


def number(name: str, label: str, default: float, low: float, high: float, step: float, hint: str) -> float:
    """A slider over real numbers, written with as many digits as a step has, two at least."""
    digits = max(2, len(f"{step:.10f}".rstrip("0").partition(".")[2]))
    current = address.parsed(name, default, float, lambda number: low <= number <= high)
    commit = (_key(name), name, default, repr)
    key = _bound(current, commit)
    return float(
        st.slider(label, low, high, current, step, f"%.{digits}f", key, help=hint, on_change=_commit, args=commit)
    )


def count(name: str, label: str, default: int, low: int, high: int, hint: str | None = None, *, step: int = 1) -> int:
    """A slider over whole numbers."""
    current = address.parsed(name, default, int, lambda number: low <= number <= high)
    commit = (_key(name), name, default, repr)
    key = _bound(current, commit)
    return int(st.slider(label, low, high, current, step=step, key=key, help=hint, on_change=_commit, args=commit))


def choice(
    name: str, label: str, options: Sequence[str], titles: Callable[[str], str] = str, *, hidden: bool = False
) -> str:
    """One of a few options; the first is the default. A `hidden` label is only read aloud."""
    commit = (_key(name), name, options[0], str)
    current = address.parsed(name, options[0], str, options.__contains__)
    return str(
        st.segmented_control(
            label,
            options,
            format_func=titles,
            default=current,
            required=True,
            label_visibility="collapsed" if hidden else "visible",
            key=_bound(current, commit),
            on_change=_commit,
            args=commit,
        )
    )


def pick_one(name: str, label: str, options: Sequence[str], titles: Callable[[str], str]) -> str:
    """One of a list; the first is the default."""
    commit = (_key(name), name, options[0], str)
    current = address.parsed(name, options[0], str, options.__contains__)
    key = _bound(current, commit)
    place = list(options).index(current)
    return str(st.selectbox(label, options, place, titles, key, on_change=_commit, args=commit))


def pick(name: str, label: str, options: Sequence[str], titles: Callable[[str], str], hint: str) -> str:
    """One of a list, or something else that is typed; the first is the default."""
    commit = (_key(name), name, options[0], str)
    current = address.value(name, options[0])
    offered = [*options, *([current] if current not in options else [])]
    return str(
        st.selectbox(
            label,
            offered,
            offered.index(current),
            format_func=titles,
            accept_new_options=True,
            key=_bound(current, commit),
            help=hint,
            on_change=_commit,
            args=commit,
        )
    )


def toggle(name: str, label: str, hint: str | None = None) -> bool:
    """A switch that is off by default."""
    commit = (_key(name), name, False, lambda on: str(int(on)))
    current = address.value(name) == "1"
    key = _bound(current, commit)
    return bool(st.toggle(label, current, key, help=hint, on_change=_commit, args=commit))


def upload(name: str, label: str, kinds: Sequence[str]) -> bytes | None:
    """The bytes of a file that the reader chose; kept for the session, since a page switch empties the widget."""
    kept: dict[str, bytes] = st.session_state.setdefault("_uploads", {})
    chosen = st.file_uploader(label, type=list(kinds), key=_key(name))
    if chosen is not None:
        kept[name] = chosen.getvalue()
    return kept.get(name)


@contextmanager
def explained_errors(
    place: DeltaGenerator, name: str, offer: Offer = lambda _error: None, still: str = ""
) -> Iterator[None]:
    """Shows a ModelError as a notice; what was on the page before stays, since the caller keeps its last result.

    Args:
        place: where the notice stands, an `st.empty`.
        name: of the parameter that may be at fault.
        offer: what the reader can do about an error by one click: the button's words, and what it does.
        still: what is said of that which stays on the page.
    """
    try:
        yield
    except ModelError as error:
        with place.container():
            notice(str(error) + still)
            remedy = offer(error)
            if remedy is not None:
                st.button(remedy[0], key=f"remedy_{name}", on_click=remedy[1])


def last_good(name: str, make: Callable[[], T], first: Callable[[], T], offer: Offer = lambda _error: None) -> T:
    """What `make` gives; while it fails, what it gave last on this page, or else `first()`, and a notice that says why.

    Args:
        name: tells the results of a page apart.
        make: may raise a ModelError.
        first: an example, for a page that is opened with something that fails.
        offer: what the reader can do about an error by one click, as in `explained_errors`.
    """
    good: dict[str, T] = st.session_state.setdefault("_good", {})
    key = _key(name)
    still = " What is shown below still belongs to what was there before." if key in good else " Below is an example."
    with explained_errors(st.empty(), name, offer, still):
        good[key] = make()
    return good[key] if key in good else first()


def notice(message: str) -> None:
    """A message for the reader. It may quote what the reader typed, so it is never markdown."""
    st.html(f'<div class="explorer-notice" role="alert">{html.escape(message)}</div>')


def _bound(current: Any, commit: tuple[Any, ...]) -> str:
    """The key of a widget that shows `current`, the committed value; `commit` has the arguments of `_commit`, it first.

    The widget is given that value as its default too: a click in the first moment sends the defaults of all the others.
    An equal value is not set again: that would undo half-typed text. A value that the reader changed in a run which was
    overtaken before its callback was done is committed here, not lost.
    """
    key, name = str(commit[0]), commit[1]
    shown: dict[str, Any] = st.session_state.setdefault("_shown", {})
    if key not in st.session_state:
        st.session_state[key] = current
    elif st.session_state[key] != current:
        if key in shown and shown[key] == current and not (name in address.texts() and _is_echo(key)):
            _commit(*commit)
            current = st.session_state[key]
        else:
            _echoes()[key, st.session_state[key]] = time.monotonic() + ECHO_SECONDS
            st.session_state[key] = current
    shown[key] = current
    return key


def _is_echo(key: str) -> bool:
    """Whether a widget's value is the one that stood there until a moment ago.

    The browser sends all values with every event, also those that it has not yet been told to replace.
    """
    return time.monotonic() < _echoes().get((key, st.session_state[key]), 0.0)


def _echoes() -> dict[tuple[str, Any], float]:
    """Values that widgets have just been told to replace, and until when they may still come back."""
    echoes: dict[tuple[str, Any], float] = st.session_state.setdefault("_echoes", {})
    for replaced in [replaced for replaced, until in echoes.items() if until < time.monotonic()]:
        del echoes[replaced]
    return echoes


def _key(name: str) -> str:
    """One widget a page: Streamlit forgets a widget's value where another page has one of the same key."""
    return f"{st.session_state['_slug']}_widget_{name}"


def _commit(
    key: str, name: str, default: Any, encode: Callable[[Any], str], along: Mapping[str, str] = _NOTHING
) -> None:
    """Says what a widget holds. By then another page may be on its way, so the widget's `key` is given."""
    if name in address.texts() and _is_echo(key):
        return
    new = st.session_state[key]
    unsaid = new == default and name not in address.SHARED  # what pages share is said: its default is another on each
    changes: dict[str, str | None] = {other: address.value(other, first) for other, first in along.items()}
    address.set_values(**changes | {name: None if unsaid else encode(new)})
