"""Both translators at work: word by word, with what of the source each word comes from."""

import streamlit as st

from explorer import address, controls, explain
from explorer.components import encoded
from explorer.components.translation_steps import Writer, translation_steps
from explorer.downloads import Columns, downloads
from explorer.figures.translation import alignment
from explorer.numbers import percent
from explorer.panels import translation_reading
from explorer.panels.translation_reading import TITLES, Both, Translated, translator
from models.tasks.translation import Translator
from models.tasks.translation_text import MOST_WRITTEN
from models.zoo.translation import NAMES

_TERMS = 4  # of a sum that are written out


def translate_view(slug: str) -> None:
    """The source, both translations as they are written, and the attention matrix."""
    text = translation_reading.source_input()
    both = translation_reading.both(f"{slug} translate", text)
    version = repr([(one.read.text, one.written.ids) for one in both.parts])
    attending = both["attention"]
    translation_steps(
        attending.words,
        [i for i, known in enumerate(attending.read.known) if known == "unknown"],
        [_writer(one) for one in both.parts],
        version=version,
        at=_begins(slug, version),
        key="translation_steps",
        on_step=lambda step: address.set_values(**{f"{slug}_step": str(step) if step else None}),
    )
    translation_reading.notes(attending.read)
    step = min(_wanted(slug), len(attending.written.words) - 1)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _matrix(attending, step)
    with right:
        for one in both.parts:
            st.subheader(TITLES[one.name], anchor=False)
            st.html(translation_reading.french_html(one))
        st.caption(
            "Both were searched greedily. Shading: how surprising the model found the word that it wrote itself. A "
            "word that it does not know in French it writes as <unk>."
        )
        _models(both)
    _how_computed(attending, step)


def _wanted(slug: str) -> int:
    """The word that the link names; the first where it names none."""
    return address.parsed(f"{slug}_step", 0, int, lambda step: 0 <= step < MOST_WRITTEN)


def _begins(slug: str, version: str) -> int:
    """The word that the link named when these numbers were first sent, so that they need not be again."""
    known: tuple[str, int] = st.session_state.get("_translation_step", ("", 0))
    if known[0] != version:
        known = st.session_state["_translation_step"] = (version, _wanted(slug))
    return known[1]


def _writer(one: Translated) -> Writer:
    written = one.written
    n_context = translator(one.name).network.config.n_context
    return {
        "title": f"{TITLES[one.name]}: {written.text}",
        "words": list(written.words),
        "attention": "" if written.attention is None else encoded(written.attention.numpy()),
        "vector": f"c: {n_context} numbers",
        "next": [
            [(word, p / max(q for _, q in instead), percent(p), word == taken) for word, p in instead]
            for instead, taken in zip(written.instead, written.words, strict=True)
        ],
    }


def _matrix(one: Translated, step: int) -> None:
    attention = one.written.attention
    if attention is None:
        raise TypeError("this translator has no attention")
    table, words = attention.numpy(), list(one.written.words)
    figure = alignment(one.words, words, table, step)
    place = int(table[step].argmax())
    best = f"“{words[step]}” comes most from “{one.words[place]}” ({percent(float(table[step, place]))})"
    st.text(f"Attention: {best}.")
    st.plotly_chart(
        figure,
        key="alignment",
        config={"displayModeBar": False},
        alt=f"Attention of {len(words)} French words over {len(one.words)} English ones: {best}.",
    )
    st.caption(
        "Every row sums to 1. Weight on a word is weight on the encoder's state there, and that state has read the "
        "whole sentence from both sides: a word can be taken from its neighbour's state."
    )
    downloads(
        "alignment",
        "alignment",
        figure,
        lambda: columns(one),
        f"Attention, English to French\nSource: {one.read.text}\nTranslation: {one.written.text}",
    )


def columns(one: Translated) -> Columns:
    """Every weight of a translation, one row each; without attention, a row for each word that was written."""
    written, attention = one.written, one.written.attention
    if attention is None:
        return {"word": list(written.words), "ln P(word | source, before)": written.log_probs.tolist()}
    count = len(one.words)
    return {
        "place": [i for i in range(1, len(written.words) + 1) for _ in range(count)],
        "French": [word for word in written.words for _ in range(count)],
        "ln P(word | source, before)": [p for p in written.log_probs.tolist() for _ in range(count)],
        "English place": list(range(1, count + 1)) * len(written.words),
        "English": list(one.read.words) * len(written.words),
        "attention": attention.flatten().tolist(),
    }


def _models(both: Both) -> None:
    """What the two are."""
    for one in both.parts:
        model = translator(one.name)
        card, config = model.card, model.network.config
        ways = "two directions" if config.attends else "one direction"
        st.caption(
            f"{card.title}: encoder of {ways}, {config.n_encoder} units each; decoder of {config.n_hidden}; "
            f"{card.parameters:,} weights. Trained {card.training}."
        )
    st.caption(f"Both read {model.source.size:,} English words and write {model.target.size:,} French ones.")


def _how_computed(one: Translated, step: int) -> None:
    explain.explanation(
        "The encoder turns the source into states. Before each word, the decoder compares its own state with all of "
        "them: a small network gives each a score, the softmax makes weights of the scores, and the context is the "
        "mean of the states by these weights. State, context and the word before give the next word. Without attention "
        "the context is always the same: the encoder's last state, the thought vector.",
        lambda: [
            r"e_{ij} = v^\top \tanh(W s_{i-1} + U h_j), \qquad \alpha_{ij} = \frac{e^{e_{ij}}}{\sum_k e^{e_{ik}}},"
            r" \qquad c_i = \sum_j \alpha_{ij} h_j",
            r"s_i = \mathrm{GRU}([y_{i-1}; c_i], s_{i-1}), \qquad"
            r" P(y_i \mid y_{<i}, x) = \mathrm{softmax}(E\, O\, [s_i; y_{i-1}; c_i] + b)",
            *_numbers(one, step),
        ],
        [Translator.attend, Translator.advance, Translator.steps, Translator.weigh],
    )


def _numbers(one: Translated, step: int) -> list[str]:
    """The weight of the word that row `step` looks at most, and the probability of the whole translation."""
    written = one.written
    if written.scores is None or written.attention is None:
        return []
    scores = written.scores[step].double()
    place = int(scores.argmax())
    total = float(scores.exp().sum())
    best = scores.topk(min(_TERMS, len(scores))).values.tolist()
    dots = r" + \dots" if len(scores) > len(best) else ""
    i, j = explain.latex_text(written.words[step]), explain.latex_text(one.words[place])
    log_probs = written.log_probs.tolist()
    factors = " ".join(
        rf"\underbrace{{{log_prob:+.2f}}}_{{{explain.latex_text(word)}}}"
        for word, log_prob in zip(written.words[:_TERMS], log_probs)
    )
    rest = rf" {sum(log_probs[_TERMS:]):+.2f}\text{{ (the other {len(log_probs) - _TERMS})}}"
    return [
        rf"i: {i}, \; j: {j}: \qquad \alpha_{{ij}} = \frac{{e^{{{scores[place]:.3f}}}}}"
        rf"{{{' + '.join(f'e^{{{score:.3f}}}' for score in best)}{dots}}}"
        rf" = \frac{{{float(scores[place].exp()):.3f}}}{{{total:.3f}}} = {float(written.attention[step, place]):.3f}",
        rf"\ln P(y \mid x) = {factors}{rest if len(log_probs) > _TERMS else ''} = {written.total:.2f}",
    ]


def model_input(slug: str) -> str:
    """One of the two translators; that with attention at first."""
    return controls.choice(f"{slug}_model", "Translator", list(reversed(NAMES)), TITLES.__getitem__)
