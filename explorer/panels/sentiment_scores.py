"""How good the classifiers are: beside published ones, what they take for what, and whether they know it."""

import numpy as np
import streamlit as st

from explorer import explain
from explorer.downloads import downloads
from explorer.figures.sentiment_scores import Scored, accuracy_dots, calibration_line, confusion_map
from explorer.numbers import percent
from explorer.panels import sentiment_reading as reading_of
from models.tasks.card import TaskCard
from models.tasks.sentiment_scores import calibration, confusion, scores_of
from models.zoo import sentiment as zoo
from models.zoo.sentiment import Measured


def scores_view(slug: str) -> None:
    """Accuracies of all, then what was measured of one."""
    cards = zoo.cards()
    _accuracies(list(cards.values()))
    name = reading_of.model_input(slug)
    measured, card = zoo.measured(name), cards[name]
    left, right = st.columns(2, gap="large")
    with left:
        _confusion(card, measured)
    with right:
        _calibration(card, measured)
    st.caption(f"{card.training}. {card.precision}, {card.parameters:,} numbers. Rebuilt by `{card.source}`.")
    _how_computed(measured)


def _accuracies(cards: list[TaskCard]) -> None:
    ours = [Scored(card.title, card.scores["accuracy"], is_ours=True) for card in cards]
    published = [Scored(name, share, is_ours=False) for name, share in cards[0].published.items()]
    every = [*ours, *published]
    figure = accuracy_dots(every)
    best = max(ours, key=lambda one: one.accuracy)
    st.plotly_chart(
        figure,
        key="accuracies",
        config={"displayModeBar": False},
        alt="Accuracy on five classes. " + ", ".join(f"{one.name}: {percent(one.accuracy)}" for one in every),
    )
    downloads(
        "accuracies",
        "accuracies",
        figure,
        lambda: {
            "model": [one.name for one in every],
            "accuracy": [one.accuracy for one in every],
            "shown here": [one.is_ours for one in every],
        },
        f"Accuracy on the {cards[0].held_out}",
    )
    error = (2 * best.accuracy * (1 - best.accuracy) / sum(map(sum, zoo.measured(cards[0].name).confusion))) ** 0.5
    st.caption(
        f"Share of the {cards[0].held_out} whose class is right; in bold the models of this page. RNTN: recursive "
        "neural tensor network, NB: naive Bayes; Tree-LSTM and RNTN are given each sentence's tree, the others only "
        f"its words. Two figures less than {200 * error:.1f} percentage points apart may differ by chance alone. Tai "
        "et al. began with vectors of 300 numbers, learned from 840 billion words; the networks here begin with those "
        "of 100 numbers that ship. Always 2 stars is counted here: more test sentences have these than any other."
    )


def _confusion(card: TaskCard, measured: Measured) -> None:
    st.subheader("What is taken for what", anchor=False)
    table = np.array(measured.confusion)
    right = np.trace(table) / table.sum()
    near = sum(np.trace(table, offset) for offset in (-1, 0, 1)) / table.sum()
    figure = confusion_map(table)
    said = f"{card.title}: {percent(float(right))} right, {percent(float(near))} right or one star off."
    st.plotly_chart(figure, key="confusion", config={"displayModeBar": False}, alt=said)
    downloads(
        "confusion",
        "confusion",
        figure,
        lambda: {
            "given by people": [row + 1 for row in range(len(table)) for _ in table],
            "given by the model": [column + 1 for _ in table for column in range(len(table))],
            "sentences": table.ravel().tolist(),
        },
        f"What is taken for what, {card.title}",
    )
    two, f1 = card.scores["accuracy of two classes"], card.scores["macro F1"]
    st.caption(
        f"{said} Shares are of each row. Of good against bad, without the neutral ones, {percent(two)} are right; the "
        f"mean F1 of the five classes is {percent(f1)}. People disagree too: the label is the mean of three."
    )


def _calibration(card: TaskCard, measured: Measured) -> None:
    st.subheader("How sure it is", anchor=False)
    found = measured.calibration
    figure = calibration_line(found.confidence, found.right, found.counts)
    sure = float(np.dot(found.confidence, found.counts) / sum(found.counts))
    said = f"{card.title} is {percent(sure)} sure on average, and right in {percent(card.scores['accuracy'])}."
    st.plotly_chart(figure, key="calibration", config={"displayModeBar": False}, alt=said)
    downloads(
        "calibration",
        "calibration",
        figure,
        lambda: {
            "verdicts": list(found.counts),
            "mean probability": list(found.confidence),
            "share right": list(found.right),
        },
        f"Calibration, {card.title}",
    )
    st.caption(
        f"{said} Larger dots are more verdicts; below the dotted line it is too sure of itself. The gap is "
        f"{percent(found.error)} in the mean (expected calibration error, ten bins)."
    )


def _how_computed(measured: Measured) -> None:
    table = np.array(measured.confusion)
    right, every = int(np.trace(table)), int(table.sum())
    row = table[0]
    explain.explanation(
        "The verdict is the class with the highest probability. Accuracy is the share of verdicts that equal the class "
        "that people gave; F1 is taken for each class, and then the mean of the five.",
        lambda: [
            r"\hat k = \arg\max_k p_k, \qquad \text{accuracy} = \frac{\sum_k n_{kk}}{\sum_{kj} n_{kj}}",
            rf"\text{{accuracy}} = \frac{{{right:,}}}{{{every:,}}} = {right / every:.4f}".replace(",", "{,}"),
            r"F_k = \frac{2\, n_{kk}}{\sum_j n_{kj} + \sum_j n_{jk}}, \qquad"
            r" \text{ECE} = \sum_b \frac{n_b}{n}\, |\text{right}_b - \text{sure}_b|",
            rf"F_1 = \frac{{2 \cdot {row[0]}}}{{{row.sum()} + {table[:, 0].sum()}}} ="
            rf" {2 * row[0] / (row.sum() + table[:, 0].sum()):.4f}, \qquad"
            rf" \text{{ECE}} = {measured.calibration.error:.4f}",
        ],
        [confusion, scores_of, calibration],
    )
