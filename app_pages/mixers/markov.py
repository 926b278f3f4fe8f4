"""Markov chain: the text as states of which each depends on the one before it."""

from explorer import chrome
from explorer.panels import chain, chain_pairs, chain_source, chain_steps
from explorer.texts import NEW_YEAR

SLUG = "markov"
_FRESH: dict[str, str | None] = {f"{SLUG}_{name}": None for name in ("source", "states", "classes", "matrix", "start")}
PRESETS: dict[str, chrome.Preset] = {
    "Markov 1913": _FRESH | {f"{SLUG}_source": "onegin"},
    "Vowels": _FRESH | {"prompt": NEW_YEAR},
    "Three classes": _FRESH | {"prompt": NEW_YEAR, f"{SLUG}_classes": "vowel: aeiou; liquid: lr; other"},
    "Letters": _FRESH | {"prompt": NEW_YEAR, f"{SLUG}_states": "letters"},
    "Words": _FRESH | {"prompt": NEW_YEAR, f"{SLUG}_states": "words"},
    "Weather": _FRESH | {f"{SLUG}_source": "matrix"},
    "A circle": _FRESH | {f"{SLUG}_source": "matrix", f"{SLUG}_matrix": "a: 0 1 0\nb: 0 0 1\nc: 1 0 0"},
    "Two traps": _FRESH
    | {f"{SLUG}_source": "matrix", f"{SLUG}_matrix": "middle: 0.4 0.3 0.3\nleft: 0 1 0\nright: 0 0 1"},
}

chrome.header(SLUG, PRESETS)
source = chain_source.source(SLUG)
start = chain.walk_panel(SLUG, source)
chain_pairs.pairs_panel(source)
chain_steps.powers_panel(SLUG, source, start)
chain_steps.limit_panel(source, start)
chain_steps.how_computed(source, start)
chrome.footer(SLUG)
