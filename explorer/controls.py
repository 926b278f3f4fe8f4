"""Shared inputs, each of which returns one plain value, and the URL that holds them all.

The address bar is the state: a link restores the view, Back undoes one change. What the user does reaches the URL in
the widget's callback, as one history entry; what the browser does to the URL (Back, Forward, a typed address) reaches
the widgets at the start of the next run. `begin` keeps the two apart: a run in which a widget has spoken never reads
the URL, which the browser may have sent a moment too early.
"""

import hashlib
import html
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from models.errors import ModelError

MAX_URL_BYTES = 4_000  # of the encoded query; a huge URL is a bare HTTP 400
MAX_CHARACTERS = 200_000
MAX_UNDO = 30
ECHO_SECONDS = 2.0
T = TypeVar("T")
Offer = Callable[[ModelError], tuple[str, Callable[[], None]] | None]
_SHARED = ("prompt", "prompt_ids", "model")
_NOTHING: Mapping[str, str] = {}
_HERE = "_here"  # suffix: the text is too long for a URL and lies in this session, under this hash


def begin(slug: str) -> None:
    """Takes over what the browser did to the URL since the last run."""
    state = st.session_state
    values: dict[str, str] = state.setdefault("_values", {})
    url = st.query_params.to_dict()
    if state.get("_slug") != slug:
        values.update(_from_url(url))
    elif not state.get("_acted") and url not in state["_seen"]:
        for name in _names(slug):
            values.pop(name, None)
        values.update(_from_url(url))
    state["_acted"] = False
    # A page switch drops the parameters; the page's link component puts them back without a history entry.
    state["_seen"] = (url, _to_url(slug))
    state["_slug"] = slug  # last: a run that is overtaken before has not arrived


def set_values(**changes: str | None) -> None:
    """Commits values by the names of their parameters, as one step that Back undoes. None is the default."""
    values: dict[str, str] = st.session_state["_values"]
    if "prompt" in changes:
        changes.setdefault("prompt_ids", None)
    before = {name: values.get(name) for name in changes}
    if before == changes:
        return
    if not _texts().isdisjoint(changes):
        undoable: list[dict[str, str | None]] = st.session_state.setdefault("_undoable", [])
        undoable.append(before)
        del undoable[:-MAX_UNDO]
    for name, new in changes.items():
        if new is None:
            values.pop(name, None)
        else:
            values[name] = new
    _write_url()


def can_undo() -> bool:
    """Whether a text was changed in this session."""
    return bool(st.session_state.get("_undoable"))


def undo() -> None:
    """The texts as they were before their last change."""
    if can_undo():
        undoable: list[dict[str, str | None]] = st.session_state["_undoable"]
        before = undoable.pop()
        set_values(**before)
        del undoable[-1:]  # undoing is no change to undo


def reset() -> None:
    """Every value of this page back to its default."""
    set_values(**dict.fromkeys(_names(st.session_state["_slug"])))


def value(name: str, default: str = "") -> str:
    """The committed value of a parameter, as text."""
    stored: dict[str, str] = st.session_state["_values"]
    return stored.get(name, default)


def query() -> str:
    """This page's state as a query string, without the question mark."""
    return _encoded(_to_url(st.session_state["_slug"]))


def link(model: str | None) -> str:
    """The query string of a link that shows the same elsewhere, where another `model` may be the default."""
    return _encoded(({"model": model} if model else {}) | _to_url(st.session_state["_slug"]))


def is_carried() -> bool:
    """Whether the state came along from another page, and the address bar does not show it yet."""
    seen: tuple[dict[str, str], dict[str, str]] = st.session_state["_seen"]
    return seen[0] != seen[1]


def link_has_lost_text() -> bool:
    """Whether the page was opened by a link whose text was too long for it, and lies in another session."""
    kept: dict[str, str] = st.session_state.get("_long_texts", {})
    url: dict[str, str] = st.session_state["_seen"][0]
    return any(name.endswith(_HERE) and raw not in kept for name, raw in url.items())


def link_is_whole() -> bool:
    """Whether `link` carries everything; a text that is too long for a URL stays in the session."""
    return not any(name.endswith(_HERE) for name in _to_url(st.session_state["_slug"]))


def text(
    name: str,
    label: str,
    default: str,
    *,
    hint: str | None = None,
    placeholder: str | None = None,
    along: Mapping[str, str] | None = None,
) -> str:
    """A box for a text of any length.

    Args:
        name: of the URL parameter.
        label: what it is called on the page.
        default: the text at first.
        hint: help behind a question mark.
        placeholder: what an empty box shows.
        along: other texts and their defaults; they are committed with a change, since the defaults depend on it.
    """
    _texts().add(name)
    commit = (name, default, str, along or {})
    return str(
        st.text_area(
            label,
            key=_bound(value(name, default), commit),
            height=76,
            max_chars=MAX_CHARACTERS,
            help=hint,
            placeholder=placeholder,
            on_change=_commit,
            args=commit,
        )
    )


def number(name: str, label: str, default: float, low: float, high: float, step: float, hint: str) -> float:
    """A slider over real numbers."""
    current = _parsed(name, default, float, lambda number: low <= number <= high)
    commit = (name, default, repr)
    key = _bound(current, commit)
    return float(st.slider(label, low, high, step=step, key=key, help=hint, on_change=_commit, args=commit))


def count(name: str, label: str, default: int, low: int, high: int, hint: str | None = None) -> int:
    """A slider over whole numbers."""
    current = _parsed(name, default, int, lambda number: low <= number <= high)
    commit = (name, default, repr)
    return int(st.slider(label, low, high, key=_bound(current, commit), help=hint, on_change=_commit, args=commit))


def choice(name: str, label: str, options: Sequence[str], titles: Callable[[str], str] = str) -> str:
    """One of a few options; the first is the default."""
    commit = (name, options[0], str)
    return str(
        st.segmented_control(
            label,
            options,
            format_func=titles,
            required=True,
            key=_bound(_parsed(name, options[0], str, options.__contains__), commit),
            on_change=_commit,
            args=commit,
        )
    )


def toggle(name: str, label: str, hint: str | None = None) -> bool:
    """A switch that is off by default."""
    commit = (name, False, lambda on: str(int(on)))
    key = _bound(value(name) == "1", commit)
    return bool(st.toggle(label, key=key, help=hint, on_change=_commit, args=commit))


def _write_url() -> None:
    state = st.session_state
    url = _to_url(state["_slug"])
    state["_acted"] = True
    state["_seen"] = (url, url)
    if not url:
        st.query_params.clear()
    elif st.query_params.to_dict() != url:
        st.query_params.from_dict(url)


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


def notice(message: str) -> None:
    """A message for the reader. It may quote what the reader typed, so it is never markdown."""
    st.html(f'<div class="explorer-notice" role="alert">{html.escape(message)}</div>')


def _bound(current: Any, commit: tuple[Any, ...]) -> str:
    """The key of a widget that shows `current`, the committed value; `commit` holds the arguments of `_commit`.

    An equal value is not set again: that would undo half-typed text. A value that the reader changed in a run which was
    overtaken before its callback was done is committed here, not lost.
    """
    key = _key(commit[0])
    shown: dict[str, Any] = st.session_state.setdefault("_shown", {})
    if key not in st.session_state:
        st.session_state[key] = current
    elif st.session_state[key] != current:
        if key in shown and shown[key] == current and not (commit[0] in _texts() and _is_echo(key)):
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


def _commit(name: str, default: Any, encode: Callable[[Any], str], along: Mapping[str, str] = _NOTHING) -> None:
    key = _key(name)
    if name in _texts() and _is_echo(key):
        return
    new = st.session_state[key]
    unsaid = new == default and name not in _SHARED  # what pages share is said: its default is another on each
    changes: dict[str, str | None] = {other: value(other, first) for other, first in along.items()}
    set_values(**changes | {name: None if unsaid else encode(new)})


def _texts() -> set[str]:
    """The parameters that hold a text, of all pages that this session has seen."""
    texts: set[str] = st.session_state.setdefault("_texts", set())
    return texts


def _parsed(name: str, default: T, parse: Callable[[str], T], allowed: Callable[[T], bool]) -> T:
    raw = value(name)
    try:
        parsed = parse(raw) if raw else default
    except ValueError:
        return default
    return parsed if allowed(parsed) else default


def _names(slug: str) -> list[str]:
    """The stored parameters that belong to a page."""
    stored: dict[str, str] = st.session_state["_values"]
    return [name for name in stored if name in _SHARED or name.startswith(f"{slug}_")]


def _to_url(slug: str) -> dict[str, str]:
    """The parameters of a page; its longest texts give way to hashes until the whole fits."""
    stored: dict[str, str] = st.session_state["_values"]
    url = {name: stored[name] for name in sorted(_names(slug))}
    for name in sorted(url, key=lambda name: -len(url[name])):
        if len(_encoded(url)) < MAX_URL_BYTES:
            break
        url[name + _HERE] = _keep(url.pop(name))
    return url


def _encoded(url: Mapping[str, str]) -> str:
    return urlencode(url, quote_via=quote, errors="replace")


def _from_url(url: dict[str, str]) -> dict[str, str]:
    kept: dict[str, str] = st.session_state.get("_long_texts", {})
    values = {}
    for name, raw in url.items():
        if name.endswith(_HERE):
            if raw in kept:
                values[name.removesuffix(_HERE)] = kept[raw]
        else:
            values[name] = raw
    return values


def _keep(long_text: str) -> str:
    """The hash under which this session finds a long text again, for Back and Forward."""
    name = hashlib.sha256(long_text.encode(errors="surrogatepass")).hexdigest()[:12]
    kept: dict[str, str] = st.session_state.setdefault("_long_texts", {})
    kept[name] = kept.pop(name, long_text)
    while len(kept) > 20:
        del kept[next(iter(kept))]
    return name
