"""Sentence probability: the chain rule on two sentences side by side, on a list, and on pairs of which one is right."""

import streamlit as st

from explorer import address, asking, chrome, controls
from explorer.numbers import LOGARITHMS
from explorer.panels import judges, minimal_pairs, prompt, sentence, sentence_list

SLUG = "sentence"
A, B = "On January 1 people usually say happy new year", "On January 1 people usually say happy new years"
PRESETS = {
    "Happy new year / years": (A, B, "Spelling and grammar correction: which form does one write?"),
    "Recognize speech": (
        "It is hard to recognize speech",
        "It is hard to wreck a nice beach",
        "Speech recognition: both sound alike; the language model chooses.",
    ),
    "Good / bad": (
        "The film was wonderful, the best of the year, and the acting was good",
        "The film was wonderful, the best of the year, and the acting was bad",
        "Sentiment: which word fits what was said before?",
    ),
    "Word order": (
        "I have read the book yesterday evening at home",
        "I have yesterday evening at home the book read",
        "Translation from German: which order of the words is English?",
    ),
    "Agreement": (
        "The keys to the cabinet are on the table",
        "The keys to the cabinet is on the table",
        "Grammar: the verb agrees with the keys, not with the nearer cabinet.",
    ),
}

VIEWS = {"pair": "Two sentences", "list": "A list", "right": "Which is right?"}


def two_sentences(model: str) -> None:
    """The chain rule on both, and who is the more probable; to the judgement of a second model, if one is chosen."""
    first_b = B if address.value("prompt", A) == A else ""
    left, right = st.columns(2)
    with left:
        a = controls.text("prompt", "Sentence A", A, along={f"{SLUG}_b": first_b})
    with right:
        b = controls.text(f"{SLUG}_b", "Sentence B", first_b, placeholder="A second sentence, to compare")
    task = next((words for first, second, words in PRESETS.values() if (first, second) == (a, b)), None)
    said, beside = st.columns([3, 2], vertical_alignment="bottom")
    with beside, st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="right"):
        unit = controls.choice(f"{SLUG}_log", "Logarithm", list(LOGARITHMS))
        end = controls.toggle(
            f"{SLUG}_end", "Count the end", hint="Whether the model must also predict that the text ends."
        )
    read_a = prompt.read_prompt(model, a, end=end)
    read_b = asking.read(f"{SLUG}_b", model, b, end=end) if b else None
    readings = {name: reading for name, reading in (("A", read_a), ("B", read_b)) if reading is not None}
    scores = [reading.score for reading in readings.values() if reading.score.token_ids]
    with said:
        decides = sentence.verdict(*scores).decides if len(scores) == 2 else None
    for column, (name, reading) in zip(st.columns(max(1, len(readings))), readings.items(), strict=False):
        with column:
            marked = getattr(decides, name.lower()) if decides else range(0)
            sentence.factors(name, reading, scores, marked, unit)
    if task:
        st.caption(task)
    other = prompt.other_model(SLUG, model, "A second model as judge", none="None")
    if other and read_a is not None and read_b is not None and prompt.may_load(other):
        second = judges.second_judge(SLUG, other, a, b, end=end)
        if second is not None:
            judges.judgements([(read_a, read_b), second])
    prompt.model_line(read_a or read_b, model)
    if readings:
        sentence.conditions(next(iter(readings.values())), end)
        sentence.how_computed(readings, unit)


chrome.header(
    SLUG, {title: {"prompt": a, f"{SLUG}_b": b, f"{SLUG}_view": None} for title, (a, b, _) in PRESETS.items()}
)
view = controls.choice(f"{SLUG}_view", "Show", list(VIEWS), VIEWS.__getitem__, hidden=True)
model = prompt.model_name()
# One place each: what another view showed is gone at once, and the view that stays is not taken down meanwhile.
places = {name: st.container() if name == view else st.empty() for name in VIEWS}
with places[view]:
    if view == "pair":
        two_sentences(model)
    elif view == "list":
        sentence_list.sentence_list(SLUG, model)
    else:
        minimal_pairs.minimal_pairs(SLUG, model)
if view != "pair":
    prompt.model_line(None, model)
chrome.footer(SLUG)
