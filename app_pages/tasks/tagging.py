"""Tagging: names in a text by four taggers, one direction against both, the path of a CRF, and how good they are."""

from explorer import chrome
from explorer.panels import tagging_crf, tagging_directions, tagging_scores, tagging_tags
from explorer.panels.tagging_text import DEFAULT

SLUG = "tagging"
_CHOICES: dict[str, str | None] = {
    f"{SLUG}_{name}": None for name in ("view", "tagger", "token", "both", "forbid", "domain")
}
PRESETS: dict[str, chrome.Preset] = {
    "May in May": _CHOICES | {"prompt": DEFAULT},
    "No capitals": _CHOICES | {"prompt": DEFAULT.lower()},
    "Like a post": _CHOICES | {"prompt": "omg just saw adele at heathrow!! best day ever @anna #london"},
    "The next word": _CHOICES
    | {"prompt": "Washington Post reporters left Washington for London on Friday.", f"{SLUG}_view": "directions"},
    "A path is not its words": _CHOICES | {"prompt": "He reads The New York Times.", f"{SLUG}_view": "crf"},
    "News and the web": _CHOICES | {f"{SLUG}_view": "scores"},
}
VIEWS = {
    "tags": ("Names", tagging_tags.tags_view),
    "directions": ("Both directions", tagging_directions.directions_view),
    "crf": ("The path", tagging_crf.crf_view),
    "scores": ("How good", tagging_scores.scores_view),
}

chrome.header(SLUG, PRESETS)
chrome.views(SLUG, VIEWS)
chrome.footer(SLUG)
