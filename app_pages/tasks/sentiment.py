"""Sentiment: how many stars after every word, which words decided, the path of the state, two texts, and how good."""

from explorer import chrome
from explorer.panels import sentiment_path, sentiment_river, sentiment_scores, sentiment_two, sentiment_words

SLUG = "sentiment"
_CHOICES: dict[str, str | None] = {
    f"{SLUG}_{name}": None for name in ("view", "model", "target", "how", "upto", "other", "plane")
}
PRESETS: dict[str, chrome.Preset] = {
    "But": _CHOICES | {"prompt": "The plot is thin, but the acting is wonderful."},
    "Sarcasm fools it": _CHOICES | {"prompt": "Oh great, another brilliant sequel that nobody asked for."},
    "So does “not bad”": _CHOICES | {"prompt": "It is never boring, and not bad at all.", f"{SLUG}_view": "words"},
    "A mere fact": _CHOICES
    | {"prompt": "The film runs for two hours and takes place in Lisbon.", f"{SLUG}_view": "words"},
    "I expected": _CHOICES | {"prompt": "I expected to hate it, but I loved every minute.", f"{SLUG}_view": "path"},
    "Turned round": _CHOICES
    | {
        "prompt": "It was good, but too long.",
        f"{SLUG}_other": "It was too long, but good.",
        f"{SLUG}_view": "two",
    },
    "How good": _CHOICES | {f"{SLUG}_view": "scores"},
}
VIEWS = {
    "river": ("River", sentiment_river.river_view),
    "words": ("Which words", sentiment_words.words_view),
    "path": ("Path of the state", sentiment_path.path_view),
    "two": ("Two sentences", sentiment_two.two_view),
    "scores": ("How good", sentiment_scores.scores_view),
}

chrome.header(SLUG, PRESETS)
chrome.views(SLUG, VIEWS)
chrome.footer(SLUG)
