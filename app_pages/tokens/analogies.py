"""Analogies: words as points of a space in which directions mean something."""

import streamlit as st

from explorer import chrome, controls, spaces
from explorer.panels import analogy_accuracy, analogy_map, analogy_relation, analogy_words

SLUG = "analogies"
_FRESH: dict[str, str | None] = {f"{SLUG}_{name}": None for name in ("view", "a", "b", "c", "method", "inputs")}


def _of(a: str, b: str, c: str) -> chrome.Preset:
    return _FRESH | {f"{SLUG}_a": a, f"{SLUG}_b": b, f"{SLUG}_c": c}


PRESETS: dict[str, chrome.Preset] = {
    "king − man + woman": _FRESH,
    "Capitals": _of("paris", "france", "germany"),
    "Nationalities": _of("german", "germany", "france"),
    "Plurals": _of("dogs", "dog", "cat"),
    "Tense": _of("walking", "walk", "swim"),
}
VIEWS = {
    "words": ("Analogy", analogy_words.analogy_panel),
    "relation": ("One relation", analogy_relation.relation_panel),
    "map": ("Map", analogy_map.map_panel),
    "accuracy": ("Accuracy", None),
}

chrome.header(SLUG, PRESETS)
left, right = st.columns([1, 2], gap="large", vertical_alignment="bottom")
with left:
    source = spaces.source_input(SLUG)
with right:
    view = controls.choice(f"{SLUG}_view", "Show", list(VIEWS), lambda name: VIEWS[name][0], hidden=True)
space = spaces.chosen(SLUG, source, st.empty())
panel = VIEWS[view][1]
if panel is None:
    analogy_accuracy.accuracy_panel(SLUG, space, spaces.measured(source))
else:
    panel(SLUG, space)
spaces.source_line(source, space)
chrome.footer(SLUG)
