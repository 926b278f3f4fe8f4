"""Translation: an encoder-decoder with and without attention, its bottleneck, its search, and how good it is."""

from explorer import chrome
from explorer.panels import (
    translation_edit,
    translation_scores,
    translation_search,
    translation_steps,
    translation_thought,
)
from explorer.panels.translation_reading import DEFAULT

SLUG = "translation"
_CHOICES: dict[str, str | None] = {
    f"{SLUG}_{name}": None for name in ("view", "step", "model", "width", "exponent", "forced", "edited", "reference")
}
PRESETS: dict[str, chrome.Preset] = {
    "Word order": _CHOICES | {"prompt": DEFAULT},
    "Negation": _CHOICES | {"prompt": "I don't want to go to school because it is raining."},
    "A long sentence": _CHOICES
    | {"prompt": "When I was a child, my grandmother told me a story every night before I went to bed."},
    "Unknown word": _CHOICES | {"prompt": "Who bought this frabjous piano?"},
    "Meaning or words": _CHOICES | {"prompt": "Mary helped me.", f"{SLUG}_view": "bottleneck"},
    "Greedy or beam": _CHOICES | {"prompt": "She is a good doctor.", f"{SLUG}_view": "search"},
    "He and she": _CHOICES | {"prompt": "He is happy.", f"{SLUG}_edited": "She is happy.", f"{SLUG}_view": "edit"},
    "BLEU": _CHOICES | {"prompt": DEFAULT, f"{SLUG}_view": "scores"},
}
VIEWS = {
    "translate": ("Translate", translation_steps.translate_view),
    "bottleneck": ("The thought vector", translation_thought.bottleneck_view),
    "search": ("Search", translation_search.search_view),
    "edit": ("Edit and compare", translation_edit.edit_view),
    "scores": ("How good", translation_scores.scores_view),
}

chrome.header(SLUG, PRESETS)
chrome.views(SLUG, VIEWS)
chrome.footer(SLUG)
