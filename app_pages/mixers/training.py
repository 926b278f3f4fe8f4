"""Training an RNN: what it reads while it learns, how far its gradients reach, and how its texts lose variety."""

from explorer import chrome
from explorer.contents import FIRST_PROMPT
from explorer.panels import training_collapse, training_forcing, training_gradients, training_live

SLUG = "training"
_CHOICES: dict[str, str | None] = {
    f"{SLUG}_{name}": None
    for name in (
        *("view", "cell", "level", "share", "seed"),
        *("steps", "networks", "radius", "clip", "target"),
        *("measure", "ends", "other"),
    )
}
_STORY = "Once upon a time there was a little girl who liked to play in the garden with her dog."
PRESETS: dict[str, chrome.Preset] = {
    "Teacher forcing": _CHOICES | {"prompt": _STORY, f"{SLUG}_view": "forcing"},
    "Scheduled sampling": _CHOICES | {"prompt": _STORY, f"{SLUG}_view": "forcing", f"{SLUG}_share": "0.25"},
    "100 steps back": _CHOICES | {"prompt": FIRST_PROMPT, f"{SLUG}_view": "gradients", f"{SLUG}_steps": "100"},
    "Exploding: radius 2": _CHOICES
    | {
        "prompt": FIRST_PROMPT,
        f"{SLUG}_view": "gradients",
        f"{SLUG}_steps": "50",
        f"{SLUG}_networks": "fresh",
        f"{SLUG}_radius": "2.0",
    },
    "Is or are": _CHOICES
    | {
        "prompt": "The keys to the old wooden cabinet in the kitchen",
        f"{SLUG}_view": "gradients",
        f"{SLUG}_cell": "gru",
        f"{SLUG}_target": "are",
    },
    "Loops": _CHOICES | {"prompt": "He said that", f"{SLUG}_view": "collapse"},
}
VIEWS = {
    "forcing": ("Teacher forcing", training_forcing.forcing_view),
    "live": ("Live training", training_live.live_view),
    "gradients": ("Gradients", training_gradients.gradients_view),
    "collapse": ("Mode collapse", training_collapse.collapse_view),
}

chrome.header(SLUG, PRESETS)
chrome.views(SLUG, VIEWS)
chrome.footer(SLUG)
