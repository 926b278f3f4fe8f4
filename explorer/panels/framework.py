"""The lecture's framework as a picture of the reader's own text: token processing, sequence mixing, prediction."""

import html
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import address, asking, chrome, loading, style
from explorer.asking import Reading
from explorer.components.framework import Prediction, predictions
from explorer.contents import PAGES, SECTIONS
from explorer.numbers import percent
from models import registry
from models.card import ModelCard
from models.errors import ModelError

ROWS = 10  # of tokens, the start token included
FIRST = 2  # tokens before the gap in a text that has more
TOP = 5
_WINGS = ("tokens", "mixers", "basics")  # whose pages belong to the three parts
_CSS = (Path(__file__).parent / "framework.css").read_text()
_HEIGHT, _WIDTH = 280, 64  # of the arrows' drawing
# A family, how it mixes, and the topics (`ModelCard.family`) that belong to it.
_FAMILIES = (
    ("Counts", "n-grams, Markov, HMM", ("ngrams", "markov", "hmm")),
    ("Feed-forward", "a window of the last few", ("feedforward",)),
    ("Recurrent", "one state, token by token", ("recurrent",)),
    ("Transformer", "attention to all so far", ("transformer",)),
)
_WORDS = """
- **Token**: a piece of text that the model reads as one: a word, a part of a word, a sign.
- **Token id**: the token's number in the vocabulary; numbers are all that a model computes with.
- **Vocabulary**: the fixed list of all tokens that the model knows.
- **Logit**: the score that the model gives a token as the next one; softmax makes probabilities of all the scores.
- **Probability**: how likely a token is to come next, from 0 to 1; over the whole vocabulary they sum to 1.
- **Surprisal**: how unexpected a token was, −log₂ of its probability: 1 bit at one half, 2 bits at a quarter.
- **Entropy**: the surprisal to expect of the next token, in bits: how uncertain the model is.
- **Perplexity**: 2 to the power of the entropy: among how many equally likely tokens the choice would be as hard.
"""


def picture(reading: Reading | None) -> DeltaGenerator:
    """The three parts and the links to their pages; their outlines, of the same size, where there is no reading yet.

    Returns:
        The model's box, for `nothing_read`.
    """
    st.html(f"<style>{_CSS}</style>")
    card = reading.model.card if reading else registry.card(address.value("model", loading.default_model()))
    vocab_size = reading.model.tokenizer.vocab_size if reading else card and card.vocab_size
    rows = _token_rows(reading)
    with st.container(key="framework"):
        parts = st.columns([3, 5, 4], gap=None)
    with parts[0]:
        of = f"a vocabulary of {vocab_size:,}" if vocab_size else "the vocabulary"
        _head(1, SECTIONS["tokens"], f"The text is cut into tokens. Each has an id: its number in {of}.")
        st.html(f'<ol class="framework-tokens">{"".join(rows)}</ol>')
    with parts[1]:
        _head(2, SECTIONS["mixers"], "What comes next depends on the tokens before it. Mixing brings them together.")
        box = st.html(_mixing(card, len(rows)))
    with parts[2]:
        _head(3, "Prediction", "Every token of the vocabulary gets a probability. Click one to append it.")
        predictions(_predictions(reading), colour=style.PROBABILITY, key="framework_predictions", on_choice=_append)
    for part, wing in zip(parts, _WINGS, strict=True):
        with part, st.container(key=f"framework_{wing}"):
            _links(wing)
    return box


# The panel of the prompt imports torch: it is imported late, when the model's own thread has done that.
def read(text: str) -> Reading | None:
    """What the model says of the text; waits for the model."""
    with suppress(ModelError):
        loading.model(loading.default_model(), st.empty())
    from explorer.panels import prompt

    return prompt.read_prompt(prompt.model_name(), text)


def model_line(reading: Reading | None) -> None:
    """Which model has read the text, and a choice of another."""
    from explorer.panels import prompt

    prompt.model_line(reading, loading.default_model())


def is_news(reading: Reading, shown: Reading | None) -> bool:
    """Whether a reading says something else than the one that is shown."""
    return shown is None or (reading.model, reading.score.token_ids) != (shown.model, shown.score.token_ids)


def nothing_read(box: DeltaGenerator) -> None:
    """Says in the model's box that no numbers will come."""
    box.html(_mixing(None, ROWS, "Nothing was read yet; the notice above says why."))


def other_wings() -> None:
    """Links to the pages that belong to no part of the picture."""
    wings = [wing for wing in SECTIONS if wing not in _WINGS and any(page.wing == wing for page in PAGES)]
    if wings:
        for column, wing in zip(st.columns(len(wings)), wings, strict=True):
            with column, st.container(key=f"framework_{wing}"):
                st.html(f'<h2 class="framework-wing">{SECTIONS[wing]}</h2>')
                _links(wing)


def words() -> None:
    """The words of the lecture, folded."""
    with st.expander("Words used here"):
        st.markdown(_WORDS)


def _links(wing: str) -> None:
    for page in PAGES:
        if page.wing == wing and page.slug != "home":
            with st.container(gap=None):
                chrome.page_link(page)
                st.html(f'<p class="framework-promise">{page.promise}</p>')


def _head(number: int, title: str, line: str) -> None:
    st.html(
        f'<div class="framework-head framework-part{number}"><h2><span>{number}</span>{title}</h2><p>{line}</p></div>'
    )


def _token_rows(reading: Reading | None) -> list[str]:
    """The list's rows: the start token and the text's own, with their ids; empty ones where there is no reading."""
    if reading is None:
        return ["<li></li>"] * ROWS
    tokenizer, score = reading.model.tokenizer, reading.score
    start = tokenizer.start_id
    own = [_token_row(token, token_id) for token, token_id in zip(score.tokens, score.token_ids, strict=True)]
    if len(own) > ROWS - 1:
        last = ROWS - 2 - FIRST
        own[FIRST:-last] = [f'<li class="cut">… {len(own) - FIRST - last:,} tokens …</li>']
    return [_token_row(tokenizer.tokens([start])[0], start, start=True), *own]


def _token_row(token: str, token_id: int, *, start: bool = False) -> str:
    kind, mark = ("start", "start · ") if start else ("token", "")
    return f'<li class="{kind}"><bdi>{html.escape(token)}</bdi><span class="id">{mark}{token_id}</span></li>'


def _mixing(card: ModelCard | None, positions: int, instead: str = "") -> str:
    """The box into which all positions lead, with what is known of the model."""
    name = html.escape(card.title) if card else "A language model"
    fact = f"{card.parameters:,} parameters" if card and card.parameters else instead
    families = "".join(
        f"<li{' aria-current=true' if card and card.family in topics else ''}><b>{family}</b><small>{how}</small></li>"
        for family, how, topics in _FAMILIES
    )
    return (
        f'<div class="framework-mixing">{_arrows(positions, inwards=True)}<div class="framework-box">'
        f'<div><div class="name">{name}</div><div class="fact">{fact}</div></div>'
        f'<div><div class="lead">Four ways of mixing</div><ul>{families}</ul></div></div>'
        f"{_arrows(TOP + 1, inwards=False)}</div>"
    )


def _arrows(count: int, *, inwards: bool) -> str:
    """Lines from the rows of tokens into one point, or from one point to the rows of predictions."""
    middle, tip = _HEIGHT / 2, _WIDTH - 8
    spacing = _HEIGHT / (ROWS if inwards else count)
    ys = [middle + spacing * (i - (count - 1) / 2) for i in range(count)]
    lines = "".join(
        f"M4,{begin:.1f}C{_WIDTH * 0.55:.1f},{begin:.1f} {_WIDTH * 0.3:.1f},{end:.1f} {tip},{end:.1f}"
        for begin, end in ((y, middle) if inwards else (middle, y) for y in ys)
    )
    tips = "".join(f"M{tip},{y - 4:.1f}l7,4l-7,4z" for y in ([middle] if inwards else ys))
    drawing = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {_HEIGHT}'>"
        f"<path d='{lines}' fill='none' stroke='black' stroke-width='1.25'/><path d='{tips}'/></svg>"
    )
    # A mask: st.html drops drawings, and the theme's own colour shines through it.
    return f'<div class="framework-arrows" style="mask-image: url(data:image/svg+xml,{quote(drawing)})"></div>'


def _predictions(reading: Reading | None) -> list[Prediction]:
    """The most probable next tokens and all others together; empty rows where there is no reading."""
    if reading is None:
        return [{"id": None, "token": "", "percent": "", "share": 0.0}] * (TOP + 1)
    after = reading.score.next
    ids = after.top_ids(TOP)
    without = after.probs.double().clone()
    without[ids] = 0.0
    others = float(without.sum())
    rows: list[Prediction] = [
        {"id": token_id, "token": token, "percent": percent(share), "share": share}
        for token_id, (token, share) in zip(ids, after.top(TOP), strict=True)
    ]
    rest = f"all other {len(after.probs) - len(ids):,} tokens"
    return [*rows, {"id": None, "token": rest, "percent": percent(others), "share": others}]


# Like that of the chart on the next page, this callback holds no data.
def _append(token_id: int) -> None:
    from explorer.panels import prompt

    reading = asking.last_reading("prompt")
    if reading is not None:
        prompt.set_prompt_ids(reading, [*reading.score.token_ids, token_id])
