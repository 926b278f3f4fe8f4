"""Next token: the distribution that a real model gives after the prompt, and what can be made of it."""

import streamlit as st

from explorer import address, chrome, controls
from explorer.contents import FIRST_PROMPT
from explorer.panels import distribution, generation, prompt, samples, tree, two_models

SLUG = "next_token"
PRESETS: dict[str, chrome.Preset] = {
    "Happy new …": {"prompt": FIRST_PROMPT},
    "Capital of France": {"prompt": "The capital of France is"},
    "Code": {"prompt": "def add(a, b):\n    return a +"},
    "French": {"prompt": "La capitale de la France est"},
    "Greedy is not best": {
        "prompt": "The queen of England",
        **{f"{SLUG}_{name}": None for name in ("search", "width", "depth")},
        f"{SLUG}_view": "tree",
    },
    "A loop": {
        "prompt": "Yesterday I went to the",
        f"{SLUG}_way": None,
        f"{SLUG}_view": "generate",
        f"{SLUG}_length": "80",
    },
}
VIEWS = {
    "next": ("Next token", distribution.next_token),
    "tree": ("Tree", tree.token_paths),
    "generate": ("Generate", generation.generation),
    "samples": ("8 samples", samples.samples),
    "models": ("Two models", two_models.two_models),
}

chrome.header(SLUG, PRESETS)
text = controls.text(
    "prompt",
    "Prompt",
    FIRST_PROMPT,
    hint="Ctrl+Enter, or a click elsewhere, sends it to the model.",
    placeholder="Empty: below is how the model finds a text most likely to begin",
)
model = prompt.model_name()
reading = prompt.read_prompt(model, text)
if reading is not None:
    prompt.strip(reading, address.value(f"{SLUG}_colour") == "rank")
view = controls.choice(f"{SLUG}_view", "Show", list(VIEWS), lambda name: VIEWS[name][0], hidden=True)
# One place each: what another view showed is gone at once, and the view that stays is not taken down meanwhile.
places = {name: st.container() if name == view else st.empty() for name in VIEWS}
if reading is not None:
    with places[view]:
        VIEWS[view][1](SLUG, reading)
prompt.model_line(reading, model)
chrome.footer(SLUG)
