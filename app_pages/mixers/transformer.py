"""Inside a transformer: the way of a text through every layer, and which parts make the next token."""

from explorer import chrome
from explorer.panels import transformer_lens, transformer_parts
from explorer.panels.inside import TEXT

SLUG = "transformer"
_CHOICES: dict[str, str | None] = {f"{SLUG}_{name}": None for name in ("view", "model", "back", "target", "against")}
PRESETS: dict[str, chrome.Preset] = {
    "The keys to the cabinet": _CHOICES | {"prompt": TEXT},
    "is or are": _CHOICES | {"prompt": TEXT, f"{SLUG}_view": "parts", f"{SLUG}_target": "are", f"{SLUG}_against": "is"},
    "Capital": _CHOICES | {"prompt": "The capital of France is"},
}
VIEWS = {
    "lens": ("Logit lens", transformer_lens.lens_view),
    "parts": ("Who says it", transformer_parts.parts_view),
}

chrome.header(SLUG, PRESETS)
chrome.views(SLUG, VIEWS)
chrome.footer(SLUG)
