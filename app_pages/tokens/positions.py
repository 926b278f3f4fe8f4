"""Position encodings: what attention knows of order without them, and codes that tell a place."""

from explorer import chrome
from explorer.panels import (
    positions_code,
    positions_embeddings,
    positions_longer,
    positions_order,
    positions_row,
)

SLUG = "positions"
_CHOICES: dict[str, str | None] = {
    f"{SLUG}_{name}": None
    for name in (
        "view",
        "shuffle",
        "code",
        "base",
        "width",
        "length",
        "measure",
        "t",
        "k",
        "scheme",
        "far",
        "whose",
        "by",
        "long",
        "how",
        "scale",
        "begin",
        "word",
    )
}
_CODE = _CHOICES | {f"{SLUG}_view": "code"}
PRESETS: dict[str, chrome.Preset] = {
    "I am happy": _CHOICES | {"prompt": positions_order.TEXT},
    "Dog bites man": _CHOICES | {"prompt": "the dog bites the man", f"{SLUG}_shuffle": "3"},
    "Sinusoids": _CODE,
    "Attempt 1": _CODE | {f"{SLUG}_code": "index"},
    "Drowned words": _CHOICES | {"prompt": positions_order.TEXT, f"{SLUG}_view": "embeddings", f"{SLUG}_code": "index"},
    "Place 500": _CHOICES | {"prompt": positions_row.TEXT, f"{SLUG}_view": "row", f"{SLUG}_scheme": "sinusoidal"},
    "Longer than trained": _CHOICES | {f"{SLUG}_view": "longer"},
    "Short waves": _CODE | {f"{SLUG}_base": "1.0"},
}
VIEWS = {
    "order": ("Set or sequence", positions_order.order_view),
    "code": ("Codes of places", positions_code.code_view),
    "embeddings": ("With embeddings", positions_embeddings.embeddings_view),
    "row": ("Here and far on", positions_row.row_view),
    "longer": ("Longer than trained", positions_longer.longer_view),
}

chrome.header(SLUG, PRESETS)
chrome.views(SLUG, VIEWS)
chrome.footer(SLUG)
