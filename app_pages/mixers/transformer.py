"""Inside a transformer: the way of a text through every layer, and which parts make the next token."""

from explorer import chrome
from explorer.panels import (
    transformer_ablation,
    transformer_attention,
    transformer_cache,
    transformer_lens,
    transformer_parts,
    transformer_walk,
)
from explorer.panels.inside import TEXT

SLUG = "transformer"
_NAMES = (
    "view",
    "model",
    "back",
    "target",
    "against",
    "out",
    "hide",
    "each",
    "other",
    "kept_layer",
    "kept_head",
    "times",
    "layer",
    "head",
    "stage",
    "query",
    "station",
    "number",
    "key",
)
_CHOICES: dict[str, str | None] = {f"{SLUG}_{name}": None for name in _NAMES}
PRESETS: dict[str, chrome.Preset] = {
    "The keys to the cabinet": _CHOICES | {"prompt": TEXT},
    "The cabinet looks at the keys": _CHOICES | {"prompt": TEXT, f"{SLUG}_layer": "27"},
    "is or are": _CHOICES | {"prompt": TEXT, f"{SLUG}_view": "parts", f"{SLUG}_target": "are", f"{SLUG}_against": "is"},
    "Without the first MLP": _CHOICES | {"prompt": TEXT, f"{SLUG}_view": "out", f"{SLUG}_out": "m1"},
    "Capital": _CHOICES | {"prompt": "The capital of France is"},
    "A head that copies": _CHOICES
    | {
        "prompt": "Alice gave Bob a zebra quilt. Then Alice gave Bob a zebra",
        f"{SLUG}_view": "attention",
        f"{SLUG}_layer": "18",
        f"{SLUG}_head": "6",
    },
}
VIEWS = {
    "walk": ("The way through", transformer_walk.walk_view),
    "attention": ("Attention", transformer_attention.attention_view),
    "lens": ("Logit lens", transformer_lens.lens_view),
    "parts": ("Who says it", transformer_parts.parts_view),
    "out": ("Take out", transformer_ablation.out_view),
    "cache": ("Keys and values", transformer_cache.cache_view),
}

chrome.header(SLUG, PRESETS)
chrome.views(SLUG, VIEWS)
chrome.footer(SLUG)
