"""Two texts, one river under the other, and what each classifier makes of both."""

import html

import numpy as np
import streamlit as st

from explorer import explain
from explorer.downloads import Columns, downloads
from explorer.numbers import minus, percent
from explorer.panels import sentiment_reading as reading_of
from explorer.panels import sentiment_river
from explorer.panels.sentiment_reading import Reading
from explorer.tables import table
from models.tasks.sentiment_classifier import BagClassifier, NetworkClassifier, expected_stars
from models.tasks.sentiment_words import Words

_OTHER = "The acting is wonderful, but the plot is thin."


def two_view(slug: str) -> None:
    """Two boxes, two rivers, and a table of verdicts."""
    left, right = st.columns(2, gap="medium")
    with left:
        one = reading_of.words_of("prompt", reading_of.text_input(label="First text"))
    with right:
        other = reading_of.words_of(f"{slug}_other", reading_of.text_input(f"{slug}_other", "Second text", _OTHER))
    name = reading_of.model_input(slug)
    found = reading_of.verdicts(slug, list(reading_of.TITLES), [one, other])
    readings = [reading_of.read(f"{slug} {place}", name, words) for place, words in enumerate((one, other))]
    if found is None or readings[0] is None or readings[1] is None:
        return
    columns = max(len(reading.stars) for reading in readings if reading is not None)
    for place, (reading, title) in enumerate(zip(readings, ("First", "Second"))):
        if reading is not None:
            st.text(f"{title}: {reading_of.said_of(found[name][place])}")
            sentiment_river.draw(reading, f"river_{place + 1}", columns, height=290)
            reading_of.about_words(reading)
    st.caption(_parting(readings[0], readings[1]) + " Both rivers have one scale, and room for the longer text.")
    _verdicts(found)
    _how_computed(found, name, one, other)


def _parting(one: Reading, other: Reading) -> str:
    """Where the two go apart."""
    same = 0
    for first, second in zip(one.pieces, other.pieces):
        if first.lower() != second.lower():
            break
        same += 1
    words = same < len(one.pieces) and sorted(piece.lower() for piece in one.pieces) == sorted(
        piece.lower() for piece in other.pieces
    )
    gaps = np.abs(one.stars[: len(other.stars)] - other.stars[: len(one.stars)])
    widest = int(gaps.argmax())
    begins = (
        f"The first {f'{same} words are' if same > 1 else 'word is'} the same."
        if same
        else "They differ from the first word on."
        if one.pieces or other.pieces
        else "Both are empty."
    )
    order = (
        " They hold the same words in another order: a model of single words could not tell them apart; the bag of "
        "words below can, since it counts pairs of neighbours too."
        if words
        else ""
    )
    end = f" After the last column they are {abs(float(one.stars[-1] - other.stars[-1])):.2f} stars apart"
    most = f"after {widest} {'word' if widest == 1 else 'words'} {float(gaps[widest]):.2f}, the most on the way"
    return f"{begins}{order}{end}, {most}."


def _verdicts(found: dict[str, np.ndarray]) -> None:
    """What each classifier gives to both."""
    rows = []
    for name, title in reading_of.TITLES.items():
        log_probs = found[name]
        stars = expected_stars(log_probs)
        rows.append(
            [
                html.escape(title),
                *(
                    f"<b>{int(row.argmax()) + 1}</b> ({percent(float(np.exp(row.max())))}), mean {mean:.2f}"
                    for row, mean in zip(log_probs, stars.tolist())
                ),
                _signed(float(stars[1] - stars[0])),
            ]
        )
    table("What each model gives", ["Model", "First text", "Second text", "Difference of means"], rows)
    columns: Columns = {
        "model": [name for name in found for _ in range(2)],
        "text": [place for _ in found for place in (1, 2)],
        **{
            f"P({k + 1} stars)": [float(np.exp(row[k])) for log_probs in found.values() for row in log_probs]
            for k in range(5)
        },
    }
    downloads("verdicts", None, None, lambda: columns, "What each model gives")


def _signed(value: float) -> str:
    return minus(f"{round(value, 2) + 0.0:+.2f}")  # the sum is for a zero without a sign of its own


def _how_computed(found: dict[str, np.ndarray], name: str, one: Words, other: Words) -> None:
    first, second = (float(mean) for mean in expected_stars(found[name]))
    classifier = reading_of.classifier_of(name)
    function = BagClassifier.log_probs if isinstance(classifier, BagClassifier) else NetworkClassifier.log_probs
    explain.explanation(
        "Each model reads both texts to their ends, and gives each a distribution over one to five stars; the mean of "
        "it is compared.",
        lambda: [
            r"p = \mathrm{softmax}(s), \qquad \bar k = \sum_{k=1}^{5} k\, p_k",
            r"\Delta = \bar k(\text{second}) - \bar k(\text{first})",
            rf"\Delta = {second:.3f} - {first:.3f} = {second - first:.3f} \qquad"
            rf" ({len(one.pieces)} \text{{ and }} {len(other.pieces)} \text{{ words}})",
        ],
        [function, expected_stars],
    )
