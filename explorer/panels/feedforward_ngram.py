"""The same context in the feed-forward model and in one that counts: what was never seen, and what is like it."""

import html

import streamlit as st

from explorer import asking, controls, explain, loading
from explorer.contents import FIRST_PROMPT
from explorer.panels import prompt, two_models
from explorer.panels.feedforward_steps import COUNTED, model_input
from explorer.tables import table
from models.mixers.ngram_lm import NGramLM
from models.prediction.comparing import agreement
from models.tokens.space import neighbours
from models.tokens.words import UNKNOWN_ID

_BARS = 8
_LIKE = 5  # words


def ngram_view(slug: str) -> None:
    """A prompt; what both say next; how often the context was counted; which words are like its words."""
    text = controls.text("prompt", "Text", FIRST_PROMPT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    name = model_input(slug)
    reading = prompt.read_prompt(name, text)
    other = prompt.read_prompt(COUNTED[name], text, who="counted")
    if reading is None or other is None or not isinstance(other.model, NGramLM):
        return
    agreed = agreement(reading.score.next, other.score.next)
    for i, column in enumerate(st.columns(2)):
        with column:
            two_models.bars([reading, other], i, agreed, _BARS)
    st.caption(two_models.KEY)
    left, right = st.columns(2, gap="large")
    with left:
        _counted(other.model, reading.score.token_ids)
    with right:
        _alike(reading, other.model)
    prompt.unknown_words(reading)
    explain.explanation(
        "A model that counts has one number for each context, and none for a context that its text does not hold: it "
        "must forget the first words until it has seen the rest. The feed-forward model has a vector for each word; "
        "contexts whose words have similar vectors give similar hidden units: what it learned of one it knows of the "
        "others, also of one that it never saw.",
        lambda: [
            r"P_{\text{n-gram}}(w \mid h) = \frac{\max(\#(hw) - D, 0)}{\#(h)} + \lambda_h\, P(w \mid h'), \qquad"
            r" h' = h \text{ without its first word}",
            r"P_{\text{FFN}}(w \mid h) = \mathrm{softmax}\bigl(E P\, g(W [e_1; \dots; e_N] + b) + c\bigr)_w",
        ],
        [NGramLM.logits, agreement],
    )


def _counted(lm: NGramLM, token_ids: list[int] | tuple[int, ...]) -> None:
    """The context, and its ends, in the table of counts."""
    st.subheader("In the table of counts", anchor=False)
    context = lm.context(list(token_ids))
    forms = lm.tokenizer.tokens(context)
    rows = []
    for first in range(len(context)):
        times = lm.times(context[first:])
        followers, _ = lm.followers(context[first:])
        shown = ", ".join(lm.tokenizer.tokens(followers[:4].tolist())) or "–"
        rows.append([html.escape(" ".join(forms[first:])), f"{times:,}" if times else "not kept", html.escape(shown)])
    table("The context and its ends in the table of counts", ("context", "times", "most often followed by"), rows)
    st.caption(
        "Only what is worth its place was kept of all counts. Not kept: rare, or never seen, or a shorter context "
        "foretells what follows about as well."
    )


def _alike(reading: asking.Reading, lm: NGramLM) -> None:
    """Words like those of the context, by the network's embeddings, and the context with one of them in the table."""
    st.subheader("Words like these, in E", anchor=False)
    space = loading.embeddings(reading.model.card.name, reading.model)
    context = lm.context(list(reading.score.token_ids))
    forms = lm.tokenizer.tokens(context)
    rows = []
    for place, token in enumerate(context):
        if token in (lm.tokenizer.start_id, UNKNOWN_ID):
            continue
        near = neighbours(space, space.words[token], _LIKE)
        words = []
        for one in near:
            swapped = [*context[:place], space.ids[one.word], *context[place + 1 :]]
            times = lm.times(swapped)
            words.append(f"{html.escape(one.word)}{f' <small>({times:,} times here)</small>' if times else ''}")
        rows.append([html.escape(forms[place]), ", ".join(words)])
    table("Words that are like those of the context", ("word", "nearest by the cosine of their embeddings"), rows)
    if any("<small>" in row[1] for row in rows):
        st.caption("In brackets: how often the table has the whole context with this word in its place.")
