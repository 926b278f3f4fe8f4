"""Which words decided, by two ways of telling: what changes without a word, and what the gradient says of it."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from jaxtyping import Float

from explorer import controls, explain, waiting
from explorer.downloads import Columns, downloads
from explorer.figures.sentiment import influence, named
from explorer.inference import Ticket
from explorer.numbers import minus
from explorer.panels import sentiment_reading as reading_of
from explorer.panels.sentiment_reading import MOST_SHOWN
from models.tasks import sentiment_influence
from models.tasks.sentiment_classifier import BagClassifier, Classifier, NetworkClassifier
from models.tasks.sentiment_influence import TARGETS

_HOW = {"out": "taken out", "unknown": "replaced by an unknown word"}


@dataclass(frozen=True, eq=False)
class _Occluded:
    """A text, and the same without each of its words."""

    whole: Float[np.ndarray, " stars"]
    without: Float[np.ndarray, "word stars"]

    @property
    def nbytes(self) -> int:
        return self.whole.nbytes + self.without.nbytes


@dataclass(frozen=True, eq=False)
class _Told:
    """What each word is said to do to the target."""

    classifier: Classifier
    words: list[str]  # as they are typed
    target: str
    how: str
    occluded: _Occluded
    other: Float[np.ndarray, " word"]  # by gradient, or what a linear model adds up

    @property
    def dropped(self) -> Float[np.ndarray, " word"]:
        """By how much the target is larger with the word than without it."""
        whole = sentiment_influence.target_of(self.occluded.whole, self.target)
        found: Float[np.ndarray, " word"] = whole - sentiment_influence.target_of(self.occluded.without, self.target)
        return found

    @property
    def other_name(self) -> str:
        return "Its exact share of the score" if self.is_linear else "Gradient × input"

    @property
    def is_linear(self) -> bool:
        return isinstance(self.classifier, BagClassifier)

    @property
    def disagreeing(self) -> list[int]:
        return sentiment_influence.disagreeing(self.dropped, self.other)


def words_view(slug: str) -> None:
    """The text, the model, the target, and what each word does to it."""
    text = reading_of.text_input()
    with st.container(horizontal=True, gap="medium"):
        name = reading_of.model_input(slug)
        target = controls.pick_one(f"{slug}_target", "What is explained", TARGETS, title_of)
        how = controls.choice(f"{slug}_how", "A word is", list(_HOW), _HOW.__getitem__)
    words = reading_of.words_of("prompt", text)
    classifier, pieces = reading_of.classifier_of(name), list(words.pieces[:MOST_SHOWN])

    def work(_ticket: Ticket) -> _Occluded:
        return _Occluded(*sentiment_influence.occlusion(classifier, pieces, unknown=how == "unknown"))

    occluded = waiting.waited(f"{slug} occluded", (name, tuple(pieces), how), work, "Reading without each word")
    if occluded is None:
        return
    told = _Told(classifier, words.shown[:MOST_SHOWN], target, how, occluded, _other_way(classifier, pieces, target))
    if told.words:
        _draw(told, words.text)
        st.caption(_meaning(told))
        st.text(_disagreement(told))
    else:
        st.text("No word is read yet: type a sentence.")
    if len(words.pieces) > MOST_SHOWN:
        st.text(f"Read and shown are the first {MOST_SHOWN} of {len(words.pieces)} words.")
    reading_of.card_line(classifier.card)
    _how_computed(told)


def title_of(target: str) -> str:
    """A target in words."""
    return "mean stars" if target == "stars" else f"ln P({named(int(target))})"


def _other_way(classifier: Classifier, pieces: list[str], target: str) -> Float[np.ndarray, " word"]:
    if isinstance(classifier, NetworkClassifier):
        return sentiment_influence.gradient_times_input(classifier, pieces, target)
    if isinstance(classifier, BagClassifier):
        return sentiment_influence.linear_shares(classifier.bag, pieces, target)
    raise TypeError("this is another kind of classifier")


def _draw(told: _Told, text: str) -> None:
    dropped, unit = told.dropped, "stars" if told.target == "stars" else "nats"
    value = float(sentiment_influence.target_of(told.occluded.whole, told.target))
    said = f"{told.classifier.card.title}: {title_of(told.target)} is {minus(f'{value:.2f}')}."
    low, high = int(dropped.argmin()), int(dropped.argmax())
    said += "".join(
        f" “{told.words[place]}” {verb} it most, by {abs(float(dropped[place])):.2f} {unit}."
        for place, verb, is_so in ((high, "raises", dropped[high] > 0), (low, "lowers", dropped[low] < 0))
        if is_so
    )
    st.text(said)
    figure = influence(
        told.words,
        {f"Occlusion: {_HOW[told.how]}": dropped, told.other_name: told.other},
        [unit, "score" if told.is_linear else unit],
        told.disagreeing,
    )
    st.plotly_chart(figure, key="influence", config={"displayModeBar": False}, alt=said)
    columns: Columns = {
        "word": told.words,
        f"occlusion ({_HOW[told.how]})": dropped.tolist(),
        told.other_name.lower(): told.other.tolist(),
    }
    downloads(
        "influence",
        "influence",
        figure,
        lambda: columns,
        f"Which words decided, {told.classifier.card.title}: {title_of(told.target)}\nText: {text}",
    )


def _meaning(told: _Told) -> str:
    """What the two rows mean, and what they don't."""
    lines = [
        "**Occlusion** reads the text without the word: a true answer, but to a text that nobody wrote, perhaps no "
        "sentence; two words that say the same hide each other, since either suffices."
    ]
    if told.is_linear:
        lines.append(
            "**The exact share** is what the word's weights add to the score, half of each pair's too. With the start "
            "these sum to the score; the softmax behind it is why they are not changes of a probability. "
            + (
                "Where the mean is explained, the score is the slope of the line through the five scores."
                if told.target == "stars"
                else "It is counted from the mean of the five scores, which the softmax can't see."
            )
        )
    else:
        lines.append(
            "**Gradient × input** asks how the number would change if the word's vector grew a little: cheap, and "
            "true for small changes only. A gate that is shut has no gradient, though the word matters. Neither row "
            "need sum to the whole."
        )
    return "  \n".join(lines)


def _disagreement(told: _Told) -> str:
    """Of which words the two rows say the contrary."""
    marked = [f"“{told.words[place]}”" for place in told.disagreeing]
    return f"The two disagree about {', '.join(marked)} (marked)." if marked else "The two nowhere clearly disagree."


def _how_computed(told: _Told) -> None:
    target = title_of(told.target)
    words = (
        f"The number that is explained is {target}. Occlusion computes it once for the text and once more without each "
        "word; all these texts are read side by side."
    )
    formulas = [r"o_t = f(w_1 \dots w_T) - f(w_1 \dots w_{t-1}\, w_{t+1} \dots w_T)"]
    if told.is_linear:
        more = r"s_k = b_k + \sum_t c_{tk}, \qquad c_{tk} = \sum_{f \ni w_t} \frac{w_{kf}}{|f|}"
        function = sentiment_influence.linear_shares
    else:
        more = r"g_t = x_t \cdot \frac{\partial f}{\partial x_t}"
        function = sentiment_influence.gradient_times_input  # type: ignore[assignment]
    explain.explanation(words, lambda: [*formulas, more, *_numbers(told)], [sentiment_influence.occlusion, function])


def _numbers(told: _Told) -> list[str]:
    """Of the word that matters most, and what a linear model adds up."""
    if not told.words:
        return [r"T = 0"]
    total = list[str]()
    if isinstance(told.classifier, BagClassifier):
        start, added = sentiment_influence.linear_start(told.classifier.bag, told.target), float(told.other.sum())
        total = [rf"\text{{start}} + \sum_t c_t = {start:.3f} + {_signed(added)} = {start + added:.3f}"]
    dropped = told.dropped
    place = int(np.abs(dropped).argmax())
    whole = float(sentiment_influence.target_of(told.occluded.whole, told.target))
    without = whole - float(dropped[place])
    word, letter = explain.latex_text(told.words[place]), "c" if told.is_linear else "g"
    return [
        rf"w_{{{place + 1}}} = {word}: \qquad o_{{{place + 1}}} = {whole:.3f} - {_signed(without)} ="
        rf" {float(dropped[place]):.3f}, \qquad {letter}_{{{place + 1}}} = {float(told.other[place]):.3f}",
        *total,
    ]


def _signed(value: float) -> str:
    return f"({value:.3f})" if value < 0 else f"{value:.3f}"
