"""The hidden state as a path in a plane, coloured by the stars that would be given there."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float

from explorer import controls, explain
from explorer.downloads import Columns, downloads
from explorer.figures.sentiment import state_path
from explorer.numbers import percent
from explorer.panels import sentiment_reading as reading_of
from explorer.panels.sentiment_reading import Reading
from models.mixers.recurrent import STEPS
from models.tasks.sentiment import SentimentNetwork
from models.tasks.sentiment_classifier import NetworkClassifier
from models.tokens.projections import pca
from models.zoo import sentiment as zoo

_PLANES = {"shared": "Of many sentences", "own": "Of this text"}


@dataclass(frozen=True, eq=False)
class _Path:
    """The points of a text's states in a plane, and how much of their variance lies in it."""

    points: Float[np.ndarray, "after two"]
    share: float  # of this text's states


def path_view(slug: str) -> None:
    """The text, the network, the plane, and how many words are read."""
    text = reading_of.text_input()
    with st.container(horizontal=True, gap="medium"):
        name = reading_of.model_input(slug, recurrent=True)
        plane = controls.choice(f"{slug}_plane", "Plane", list(_PLANES), _PLANES.__getitem__)
    reading = reading_of.read(slug, name, reading_of.words_of("prompt", text))
    if reading is None:
        return
    network = reading.classifier
    if not isinstance(network, NetworkClassifier):
        raise TypeError("this is another kind of classifier")
    if len(reading.pieces) < 2:
        plane = "shared"  # through two states goes a line, not a plane
    path = _path(network, reading.pieces, plane)
    count = len(reading.shown)
    upto = controls.count(f"{slug}_upto", "Words read", count, 0, count) if count > 1 else count
    _draw(reading, path, min(upto, count))
    st.caption(_words(reading, path, plane))
    reading_of.about_words(reading)
    reading_of.card_line(network.card)
    _how_computed(reading, network, path, plane)


def _path(classifier: NetworkClassifier, pieces: list[str], plane: str) -> _Path:
    h = classifier.states(pieces)
    whole = float(((h - h.mean(axis=0)) ** 2).sum())
    points = pca(h).points if plane == "own" else classifier.network.in_plane(torch.from_numpy(h)).numpy()
    within = float(((points - points.mean(axis=0)) ** 2).sum())
    return _Path(points, within / whole if whole else 1.0)


def _draw(reading: Reading, path: _Path, upto: int) -> None:
    figure = state_path(reading.shown, path.points, reading.stars, upto)
    stars = reading.stars
    last = f"“{reading.shown[upto - 1]}”" if upto else "the start"
    st.text(f"After {last}: {stars[upto]:.2f} stars on average.")
    st.plotly_chart(
        figure,
        key="state_path",
        config={"displayModeBar": False},
        alt=f"The path of the hidden state over {upto} words. After {last} the mean is {stars[upto]:.2f} stars.",
    )
    columns: Columns = {
        "words read": list(range(len(stars))),
        "word": ["", *reading.shown],
        "x": path.points[:, 0].tolist(),
        "y": path.points[:, 1].tolist(),
        "mean stars": stars.tolist(),
    }
    downloads(
        "state_path",
        "state_path",
        figure,
        lambda: columns,
        f"Path of the state, {reading.classifier.card.title}\nText: {reading.words.text}",
    )


def _words(reading: Reading, path: _Path, plane: str) -> str:
    """What the plane is, and what it hides."""
    name = reading.classifier.card.name
    if plane == "own":
        of = "It is laid through the states of this text, so another text has another plane."
    else:
        shares = zoo.measured(name).variance
        of = (
            "It is the same for all texts: laid through the states of the treebank's dev sentences, of whose variance "
            f"its two directions hold {percent(shares[0])} and {percent(shares[1])}."
        )
    both = (
        " Shown is the state of the cell that reads forward; the colours are of both cells over the words so far."
        if name == "bilstm"
        else ""
    )
    shows = (
        f"; the plane shows {percent(path.share)} of the variance of this text's states, and what lies across it is "
        "not seen"
        if reading.shown
        else ""
    )
    return f"The state has {_width(reading):,} numbers{shows}. {of}{both} The ring is where the reading stands."


def _width(reading: Reading) -> int:
    """How many numbers a state has."""
    network = reading.classifier
    return network.network.config.n_hidden if isinstance(network, NetworkClassifier) else 0


def _how_computed(reading: Reading, classifier: NetworkClassifier, path: _Path, plane: str) -> None:
    x, y = path.points[-1].tolist()
    last = explain.latex_text(reading.shown[-1] if reading.shown else "start")
    explain.explanation(
        "The cell renews its state with every word. Two directions are found in which states differ most (principal "
        "components), and each state is shown by where it stands along them. Its colour is the mean of the stars that "
        "the output would give if the text ended there.",
        lambda: [
            r"h_t = g(x_t, h_{t-1}), \qquad h_0 = 0",
            r"a_t = (h_t - \bar h) \cdot u_1, \qquad b_t = (h_t - \bar h) \cdot u_2",
            rf"\text{{after }} {last}: \quad (a_T, b_T) = ({x:.3f},\ {y:.3f}), \qquad"
            rf" \bar k_T = {reading.stars[-1]:.3f}",
        ],
        [STEPS[classifier.network.config.cell], pca if plane == "own" else SentimentNetwork.in_plane],
    )
