"""Word2vec: one step under a microscope, a whole training, and GloVe beside it."""

from explorer import chrome
from explorer.panels import word2vec_compare, word2vec_microscope, word2vec_training
from explorer.panels.word2vec_microscope import KINGS

SLUG = "word2vec"
_STEPS: dict[str, str | None] = {f"{SLUG}_{name}": None for name in ("view", "method", "legs", "centre", "rate")}
_TRAINING: dict[str, str | None] = {f"{SLUG}_{name}": None for name in ("source", "model", "part", "pinned")}
PRESETS: dict[str, chrome.Preset] = {
    "First step": _STEPS | {"prompt": KINGS},
    "After 500 steps": _STEPS | {"prompt": KINGS, f"{SLUG}_legs": "r0.2x500"},
    "CBOW": _STEPS | {"prompt": KINGS, f"{SLUG}_method": "cbow"},
    "A little world": _TRAINING | {f"{SLUG}_view": "training"},
    "Your own text": _TRAINING | {f"{SLUG}_view": "training", f"{SLUG}_source": "text"},
    "GloVe beside it": _TRAINING | {f"{SLUG}_view": "compare"},
}
VIEWS = {
    "steps": ("Step by step", word2vec_microscope.microscope_view),
    "training": ("A whole text", word2vec_training.training_view),
    "compare": ("GloVe beside it", word2vec_compare.compare_view),
}

chrome.header(SLUG, PRESETS)
chrome.views(SLUG, VIEWS)
chrome.footer(SLUG)
