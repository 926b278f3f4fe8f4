"""Hidden Markov: the trellis of a small model, letters whose kinds are found, and the states of a model of words."""

from explorer import chrome
from explorer.contents import FIRST_PROMPT
from explorer.panels import hmm_letters, hmm_trellis, hmm_words
from explorer.panels.hmm_model import FISH, HIKE, ICE_CREAMS

SLUG = "hmm"
_TRELLIS = {f"{SLUG}_view": None, f"{SLUG}_mode": None, f"{SLUG}_model": None}
PRESETS: dict[str, chrome.Preset] = {
    "Fish can fish": _TRELLIS | {"prompt": FISH},
    "A word changes its past": _TRELLIS | {"prompt": "people can the fish"},
    "Ice creams": _TRELLIS | {"prompt": "2 3 1 3 2 1 1", f"{SLUG}_model": ICE_CREAMS, f"{SLUG}_mode": "viterbi"},
    "Posterior is not Viterbi": _TRELLIS
    | {"prompt": "walking resting", f"{SLUG}_model": HIKE, f"{SLUG}_mode": "posterior"},
    "While it reads": {f"{SLUG}_view": "words", "prompt": FIRST_PROMPT},
    "Vowels": {f"{SLUG}_view": "letters", **{f"{SLUG}_{name}": None for name in ("text", "way", "states", "restarts")}},
}
VIEWS = {
    "trellis": ("Trellis", hmm_trellis.trellis_view),
    "letters": ("Letters", hmm_letters.letters_view),
    "words": ("Words", hmm_words.words_view),
}

chrome.header(SLUG, PRESETS)
chrome.views(SLUG, VIEWS)
chrome.footer(SLUG)
