"""Feed-forward LM: the window and the forward pass, the same context in a model that counts, and what N costs."""

from explorer import chrome
from explorer.contents import FIRST_PROMPT
from explorer.panels import feedforward_ngram, feedforward_steps, feedforward_weights

SLUG = "feedforward"
_CHOICES: dict[str, str | None] = {f"{SLUG}_{name}": None for name in ("view", "n", "g", "m", "d")}
PRESETS: dict[str, chrome.Preset] = {
    "Happy new year": _CHOICES | {"prompt": FIRST_PROMPT},
    "Out of the window": _CHOICES
    | {"prompt": "The keys to the old wooden cabinet in the kitchen", f"{SLUG}_n": "ffn-2"},
    "Never counted": _CHOICES | {"prompt": "the purple horse ran across the", f"{SLUG}_view": "ngram"},
    "What N costs": _CHOICES | {f"{SLUG}_view": "weights"},
}
VIEWS = {
    "steps": ("Forward pass", feedforward_steps.steps_view),
    "ngram": ("Beside an n-gram", feedforward_ngram.ngram_view),
    "weights": ("What N costs", feedforward_weights.weights_view),
}

chrome.header(SLUG, PRESETS)
chrome.views(SLUG, VIEWS)
chrome.footer(SLUG)
