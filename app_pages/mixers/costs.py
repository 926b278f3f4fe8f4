"""What it costs: time and memory of sequence mixing, measured while one looks, beside the lecture's table."""

from explorer import chrome
from explorer.panels import costs

SLUG = "costs"
_CHOICES: dict[str, str | None] = {f"{SLUG}_{name}": None for name in ("quantity", "against", "t", "d")}
PRESETS: dict[str, chrome.Preset] = {
    "Attention is quadratic": _CHOICES,
    "A state of fixed size": _CHOICES | {f"{SLUG}_quantity": "state_bytes"},
    "What width costs": _CHOICES | {f"{SLUG}_against": "width"},
}

chrome.header(SLUG, PRESETS)
costs.costs_view(SLUG)
chrome.footer(SLUG)
