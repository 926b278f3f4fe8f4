"""The distribution over one to five stars after every word, as a river over the sentence."""

import html

import numpy as np
import streamlit as st

from explorer import explain, style
from explorer.downloads import Columns, downloads
from explorer.figures.sentiment import river
from explorer.numbers import minus
from explorer.panels import sentiment_reading as reading_of
from explorer.panels.sentiment_reading import Reading
from models.tasks.sentiment import SentimentNetwork
from models.tasks.sentiment_bag import Bag
from models.tasks.sentiment_classifier import BagClassifier, NetworkClassifier, expected_stars


def river_view(slug: str) -> None:
    """The text, the model, what each word did, and the river."""
    text = reading_of.text_input()
    name = reading_of.model_input(slug)
    reading = reading_of.read(slug, name, reading_of.words_of("prompt", text))
    if reading is None:
        return
    verdict = reading_of.verdicts(slug, [name], [reading.words])
    if verdict is not None:
        st.text(f"{reading.classifier.card.title} gives {reading_of.said_of(verdict[name][0])}.")
    draw(reading, "river")
    moved(reading)
    st.caption(words_about(reading))
    reading_of.about_words(reading)
    reading_of.card_line(reading.classifier.card)
    _how_computed(reading)


def draw(reading: Reading, key: str, columns: int | None = None, height: int = 360) -> None:
    """The river of a text, and its files."""
    figure = river(reading.shown, reading.probs, reading.stars, columns=columns, height=height)
    stars = reading.stars
    st.plotly_chart(
        figure,
        key=key,
        config={"displayModeBar": False},
        alt=f"Probabilities of one to five stars after each of {len(reading.shown)} words. The mean begins at "
        f"{stars[0]:.2f} stars and ends at {stars[-1]:.2f}.",
    )
    downloads(
        key,
        key,
        figure,
        lambda: columns_of(reading),
        f"Stars after every word, {reading.classifier.card.title}\nText: {reading.words.text}",
    )


def columns_of(reading: Reading) -> Columns:
    """The numbers of a river."""
    changes = np.diff(reading.stars, prepend=reading.stars[:1]).tolist()
    return {
        "words read": list(range(len(reading.stars))),
        "word": ["", *reading.shown],
        **{f"P({k + 1} stars)": column.tolist() for k, column in enumerate(reading.probs.T)},
        "mean stars": reading.stars.tolist(),
        "change of the mean": changes,
    }


def moved(reading: Reading) -> None:
    """Each word with what it did to the mean when it was read."""
    changes = np.diff(reading.stars)
    if not len(changes):
        return
    most = max(0.25, float(np.abs(changes).max()))
    wraps = "max-width: 100%; white-space: pre-wrap"  # a word may be wider than a phone
    chips = "".join(
        f'<span style="{wraps}; background: {_shade(float(change), most)}">{html.escape(style.isolated(word))}'
        f"<small>{minus(f'{round(float(change), 2) + 0.0:+.2f}')}</small></span>"
        for word, change in zip(reading.shown, changes, strict=True)
    )
    st.html(
        '<div class="explorer-chips" tabindex="0" role="region" aria-label="What each word did to the mean stars" '
        f'style="overflow-wrap: anywhere">{chips}</div>'
    )


def _shade(change: float, most: float) -> str:
    colour = style.PROBABILITY if change >= 0 else style.SURPRISAL
    return style.faded(colour, round(0.06 + 0.5 * abs(change) / most, 3))


def words_about(reading: Reading) -> str:
    """What the river is, and what it hides."""
    how = {
        "bilstm": "It reads the words so far from both ends, anew after each word: a later word can change what it "
        "makes of an earlier one.",
        "bag": "It adds up what the words so far weigh; their order counts only within pairs.",
    }.get(reading.classifier.card.name, "It has only its state of the words so far, and can't go back.")
    return (
        f"Each column is the distribution if the text ended there. {how} It learned from phrases, also short ones; a "
        "beginning such as “it is not” is rarely one. Under each word is how far it moved the mean when it was read; "
        "another place in the text would give it another number."
    )


def _how_computed(reading: Reading) -> None:
    classifier = reading.classifier
    if isinstance(classifier, BagClassifier):
        explain.explanation(
            "Every word and every pair of neighbours that occurs has five weights, learned by logistic regression. "
            "They are added up, and the softmax makes probabilities of the five sums.",
            lambda: [
                r"s_k = b_k + \sum_f w_{kf}\, x_f, \qquad p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}, \qquad"
                r" \bar k = \sum_k k\, p_k",
                *_numbers(reading, classifier.bag.scores(reading.pieces)),
            ],
            [Bag.scores, expected_stars],
        )
        return
    if not isinstance(classifier, NetworkClassifier):
        raise TypeError("this is another kind of classifier")
    two = classifier.network.config.is_bidirectional
    state = r"[h_T; h'_1]" if two else "h_T"
    explain.explanation(
        "The vector of each word goes into the cell, which renews its state. From the last state come five scores, and "
        "the softmax makes probabilities of them. The river does that after every word, as if the text ended there.",
        lambda: [
            r"x_t = e_{w_t} + A_{w_t} B, \qquad h_t = g(x_t, h_{t-1}), \qquad"
            rf" p = \mathrm{{softmax}}(W {state} + b), \qquad \bar k = \sum_k k\, p_k",
            *_numbers(reading, reading.log_probs[-1]),
        ],
        [SentimentNetwork.scores, NetworkClassifier.running, expected_stars],
    )


def _numbers(reading: Reading, scores: np.ndarray) -> list[str]:
    """The last column."""
    last = reading.shown[-1] if reading.shown else "start"
    written = ",\\ ".join(f"{score:.3f}" for score in scores)
    probs = reading.probs[-1]
    listed = ",\\ ".join(f"{p:.4f}" for p in probs)
    mean = " + ".join(rf"{k} \cdot {p:.4f}" for k, p in enumerate(probs, 1))
    return [
        rf"\text{{after }} {explain.latex_text(last)}: \quad s = ({written}) \text{{ (up to a constant)}}",
        rf"p = ({listed})",
        rf"\bar k = {mean} = {reading.stars[-1]:.3f}",
    ]
