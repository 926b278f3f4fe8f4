"""Recurrent networks: stepping, the two algorithms, what units follow, and what the state remembers."""

from explorer import chrome
from explorer.contents import FIRST_PROMPT
from explorer.panels import recurrent_algorithms, recurrent_memory, recurrent_steps, recurrent_units

SLUG = "recurrent"
_CHOICES: dict[str, str | None] = {
    f"{SLUG}_{name}": None
    for name in (
        *("view", "cell", "other", "level", "step"),
        *("algorithm", "choose", "seed"),
        *("text", "property", "unit", "span", "upto"),
    )
}
PRESETS: dict[str, chrome.Preset] = {
    "Happy new year": _CHOICES | {"prompt": FIRST_PROMPT},
    "Two cells": _CHOICES | {"prompt": FIRST_PROMPT, f"{SLUG}_other": "rnn"},
    "Until the end": _CHOICES
    | {"prompt": "Once upon a time", f"{SLUG}_view": "algorithms", f"{SLUG}_algorithm": "inference"},
    "A unit for quotes": _CHOICES | {f"{SLUG}_view": "units"},
    "What is remembered": _CHOICES | {"prompt": FIRST_PROMPT, f"{SLUG}_view": "memory"},
    "Characters": _CHOICES | {"prompt": 'He said: "I am happy." Then he left.', f"{SLUG}_level": "characters"},
}
VIEWS = {
    "steps": ("Step by step", recurrent_steps.steps_view),
    "algorithms": ("Two algorithms", recurrent_algorithms.algorithms_view),
    "units": ("What units follow", recurrent_units.units_view),
    "memory": ("What it remembers", recurrent_memory.memory_view),
}

chrome.header(SLUG, PRESETS)
chrome.views(SLUG, VIEWS)
chrome.footer(SLUG)
