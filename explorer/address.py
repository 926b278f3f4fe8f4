"""The address bar is the state: a link restores the view, Back undoes one change.

What the user does reaches the URL in the widget's callback, as one history entry; what the browser does to the URL
(Back, Forward, a typed address) reaches the widgets at the start of the next run. `begin` keeps the two apart: a run in
which a widget has spoken never reads the URL, which the browser may have sent a moment too early.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import quote, urlencode

import streamlit as st

MAX_URL_BYTES = 4_000  # of the encoded query; a huge URL is a bare HTTP 400
MAX_UNDO = 30
T = TypeVar("T")
_OF_THE_PROMPT = ("prompt_ids", "prompt_paths")  # its tokens, and where the reader has gone from it
SHARED = ("prompt", *_OF_THE_PROMPT, "model")  # what all pages have
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
        for name in _OF_THE_PROMPT:
            changes.setdefault(name, None)
    if "model" in changes:
        changes.setdefault("prompt_paths", None)  # its ids are of another vocabulary
    before = {name: values.get(name) for name in changes}
    if before == changes:
        return
    if not texts().isdisjoint(changes):
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
    undoable: list[dict[str, str | None]] = st.session_state.get("_undoable", [])
    values: dict[str, str] = st.session_state["_values"]
    while undoable:
        before = undoable.pop()
        if any(values.get(name) != old for name, old in before.items()):  # else Back has undone it already
            left = list(undoable)
            set_values(**before)
            undoable[:] = left  # undoing is no change to undo
            return


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


def texts() -> set[str]:
    """The names of the parameters that hold a text, of all pages that this session has seen."""
    texts: set[str] = st.session_state.setdefault("_texts", set())
    return texts


def parsed(name: str, default: T, parse: Callable[[str], T], allowed: Callable[[T], bool]) -> T:
    """A value read from its text; the default where that is nonsense or not `allowed`."""
    raw = value(name)
    try:
        parsed = parse(raw) if raw else default
    except ValueError:
        return default
    return parsed if allowed(parsed) else default


def _write_url() -> None:
    state = st.session_state
    url = _to_url(state["_slug"])
    state["_acted"] = True
    state["_seen"] = (url, url)
    if not url:
        st.query_params.clear()
    elif st.query_params.to_dict() != url:
        st.query_params.from_dict(url)


def _names(slug: str) -> list[str]:
    """The stored parameters that belong to a page."""
    stored: dict[str, str] = st.session_state["_values"]
    return [name for name in stored if name in SHARED or name.startswith(f"{slug}_")]


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
