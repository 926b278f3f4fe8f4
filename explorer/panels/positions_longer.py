"""Longer than trained: what each scheme of positions makes of texts longer than those the model learned from."""

import itertools
import math
from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import controls, explain, loading, waiting
from explorer.downloads import Columns, downloads
from explorer.figures import extrapolation as figures
from explorer.figures.training import Line
from explorer.inference import Ticket
from explorer.tables import table
from explorer.texts import STORY
from models.errors import ModelError
from models.interfaces import LanguageModel
from models.mixers.neural_lm import NeuralLM
from models.tokens.positions import SCHEMES
from models.zoo import extrapolation
from models.zoo.extrapolation import LENGTHS, NAMES, TRAINED, Curve, Extrapolation

_MOST = 2_000  # tokens of the reader's text
_LEAST = 2 * TRAINED
_FAR = 4 * TRAINED
_TEXTS = {"held_out": "Held-out text", "own": "A text of your own"}
_BY = {
    "length": "By length",
    "place": "By place",
    "paired": f"Against {TRAINED} at once",
}
_WITH = {
    "sinusoidal": "sinusoids",
    "learned": "learned positions",
    "alibi": "ALiBi",
    "rope": "RoPE",
    "t5": "T5's bias",
}


def longer_view(slug: str) -> None:
    """Perplexity against the length, or the place, for each scheme; of the held-out text or the reader's own."""
    with st.container(horizontal=True, gap="medium"):
        whose = controls.choice(f"{slug}_whose", "Text", list(_TEXTS), _TEXTS.__getitem__)
        by = controls.choice(f"{slug}_by", "Perplexity", list(_BY), _BY.__getitem__)
    found = _own(slug) if whose == "own" else _shipped()
    if found is None:
        return
    if by == "length":
        _by_length(found)
    else:
        _by_place(found, paired=by == "paired")
    _how_computed(found)


def _shipped() -> Extrapolation | None:
    found = None
    with controls.explained_errors(st.empty(), "extrapolation"):
        found = extrapolation.shipped()
    return found  # noqa: RET504 - after an error it is None


def _own(slug: str) -> Extrapolation | None:
    """What the models make of the reader's text; while that fails, the last one, or the held-out text."""
    text = controls.text(
        f"{slug}_long", "Your text", STORY, height=110, hint=f"Of {_LEAST} tokens or more. Ctrl+Enter sends it."
    )
    place, slot = st.empty(), f"{slug} longer"
    return controls.last_good(slot, lambda: _measured(text, slot, place), _shipped, waiting.going_on(slot))


def _measured(text: str, slot: str, place: DeltaGenerator) -> Extrapolation:
    listed = {card.name for card in loading.catalog()}
    names = {scheme: name for scheme, name in zip(SCHEMES, NAMES, strict=True) if name in listed}
    if not names:
        raise ModelError("None of the transformers is here: train them with python -m models.zoo.neural.")
    models = {scheme: _transformer(loading.model(name, place)) for scheme, name in names.items()}
    ids = extrapolation.encoded(text, next(iter(models.values())).tokenizer)
    tokens = max(0, len(ids) - 1)
    if tokens < _LEAST:
        raise ModelError(f"{tokens} tokens are too few to be longer than trained: paste {_LEAST} or more.")
    if tokens > _MOST:
        raise ModelError(f"{tokens:,} tokens are more than the {_MOST:,} that are read here: shorten the text.")
    steps = len(models) * sum(length <= tokens for length in LENGTHS)

    def work(ticket: Ticket) -> Extrapolation:
        done, curves = 0, dict[str, Curve]()
        for scheme, lm in models.items():
            found = []
            for reading in extrapolation.readings(lm.network, ids):
                found.append(reading)
                done += 1
                ticket.progress(done, steps)
            curves[scheme] = extrapolation.curve(found)
        return Extrapolation("your text", tokens, extrapolation.places_of(found[-1].length), curves)

    return waiting.computed(slot, (tuple(names.values()), tuple(ids.tolist())), work, "Reading", place)


def _transformer(lm: LanguageModel) -> NeuralLM:
    if not isinstance(lm, NeuralLM):
        raise TypeError("this is another kind of model")
    return lm


def _by_length(found: Extrapolation) -> None:
    lengths = found.lengths
    values = {one: [curve.perplexity(length) for length in lengths] for one, curve in found.curves.items()}
    figure = figures.by_length(lengths, _lines(values), TRAINED)
    far = max(length for length in lengths if length <= _FAR)
    st.plotly_chart(
        figure,
        key="longer_length",
        config={"displayModeBar": False},
        alt=f"Perplexity at {TRAINED} and {far} tokens at once: "
        + "; ".join(f"{_title(one)} {c.perplexity(TRAINED):,.1f}, {c.perplexity(far):,.1f}" for one, c in _items(found))
        + ".",
    )
    st.caption(
        f"{found.tokens:,} tokens of {found.text}, cut into stretches that are read by themselves: the same tokens are "
        "predicted at every length. As these models learned, so they are read: over the ends of sentences, whose start "
        "tokens count and are nearly certain, with <unk> as a word; the cards' perplexities are of single sentences."
    )
    st.markdown(
        f"{_of_none(found)}\n\n"
        + _who_holds(
            f"**At {far} tokens, {far // TRAINED} times the trained length**,",
            {scheme: curve.rise(far) for scheme, curve in found.curves.items()},
        )
        + _untrained(found, max(lengths))
    )
    shown = [length for length in lengths if length >= TRAINED and math.log2(length).is_integer()]
    rows = [
        [_title(one), *(f"{c.perplexity(length):,.1f}" for length in shown), f"× {c.rise(far):.2f}"]
        for one, c in _items(found)
    ]
    head = ("positions", *(f"{length} tokens" for length in shown), f"{far} against {TRAINED}")
    table("Perplexity by length", head, rows)
    columns: Columns = {"tokens read at once": list(lengths)} | {_title(one): row for one, row in values.items()}
    downloads("longer_length", "longer_length", figure, lambda: columns, f"Perplexity by length of {found.text}")


def _of_none(found: Extrapolation) -> str:
    """What the model without positions loses."""
    others = {one: curve.perplexity(TRAINED) for one, curve in found.curves.items() if one != "none"}
    if "none" not in found.curves or not others:
        return ""
    best, none = min(others, key=others.__getitem__), found.curves["none"].perplexity(TRAINED)
    ratio = none / others[best]
    lost = f"{ratio - 1:.1%} more".replace("%", " %") if ratio > 1 else "no more"
    return (
        "**The model without positions is not blind to order**: a causal mask alone lets it through, since each token "
        f"sees those before it, and only those. Its perplexity at {TRAINED} tokens is {none:,.1f}, {lost} than the "
        f"{others[best]:,.1f} with {_WITH[best]}, the best of the others."
    )


def _by_place(found: Extrapolation, *, paired: bool) -> None:
    groups = [f"{first}–{stop - 1}" for first, stop in itertools.pairwise(found.places)]
    longest, inside = found.places[-1], found.places.index(TRAINED) - 1
    if paired:
        values = {one: curve.paired for one, curve in found.curves.items()}
        rises = {one: row[-1] for one, row in values.items()}
        figure = figures.by_place(found.places, _lines(values), TRAINED, f"perplexity, × that of {TRAINED} at once")
        words = f"At places {groups[-1]}, against the same tokens read {TRAINED} at once,"
        name = "longer_paired"
    else:
        values = {one: [math.exp(loss) for loss in curve.by_place] for one, curve in found.curves.items()}
        rises = {one: row[-1] / row[inside] for one, row in values.items()}
        figure = figures.by_place(found.places, _lines(values), TRAINED)
        words = f"From places {groups[inside]} to places {groups[-1]}"
        name = "longer_place"
    st.plotly_chart(
        figure,
        key=name,
        config={"displayModeBar": False},
        alt=f"{words.rstrip(',')} the perplexity changes so many times: "
        + "; ".join(f"{_title(one)} {rise:.2f}" for one, rise in rises.items())
        + ".",
    )
    counts = extrapolation.counts(found.tokens, longest, found.places)
    st.caption(
        f"Stretches of {longest} tokens of {found.text}: a point at the left is the mean of {counts[0]:,} tokens, at "
        f"the right of {counts[-1]:,}. "
        + (
            f"Every point compares the same tokens; up to place {TRAINED} they were read in the same way."
            if paired
            else "Where all lines turn together it is the text; where one turns alone, the model."
        )
    )
    st.markdown(
        "**Behind the mark are places that no text had in training.** "
        + _who_holds(words, rises)
        + _untrained(found, longest)
    )
    columns: Columns = {"places": groups} | {_title(one): row for one, row in values.items()}
    downloads(name, name, figure, lambda: columns, f"Perplexity by place of {found.text}")


def _lines(values: Mapping[str, Sequence[float]]) -> list[Line]:
    order = list(SCHEMES)
    return [Line(_title(scheme), row, order.index(scheme)) for scheme, row in values.items()]


def _items(found: Extrapolation) -> list[tuple[str, Curve]]:
    return list(found.curves.items())


def _title(scheme: str) -> str:
    return "No positions" if scheme == "none" else SCHEMES[scheme]


def _who_holds(where: str, rises: Mapping[str, float]) -> str:
    """Whose perplexity rises least there, and whose most."""
    least, most = min(rises, key=rises.__getitem__), max(rises, key=rises.__getitem__)
    best = f"{where} the perplexity of {_model(least)} rises least: it {_change(rises[least])}."
    return best if most == least else f"{best} That of {_model(most)} rises most: it {_change(rises[most])}."


def _model(scheme: str) -> str:
    return "the model without positions" if scheme == "none" else f"the one with {_WITH[scheme]}"


def _change(ratio: float) -> str:
    """What a perplexity does that becomes so many times what it was.

    >>> _change(0.97), _change(1.0), _change(1.084), _change(3.14)
    ('falls by 3.0 %', 'stays the same', 'rises by 8.4 %', 'rises to 3.1 times as much')
    """
    if ratio >= 2:
        return f"rises to {ratio:,.1f} times as much"
    share = abs(ratio - 1) * 100
    if share < 0.05:
        return "stays the same"
    return f"{'rises' if ratio > 1 else 'falls'} by {share:.1f} %"


def _untrained(found: Extrapolation, longest: int) -> str:
    """What is to be said of a table that has more places than were ever trained."""
    if "learned" not in found.curves or longest <= TRAINED:
        return ""
    return (
        f" Of the table of {LENGTHS[-1]} learned places only the first {TRAINED} were trained: the others are "
        "nearly as they were drawn."
    )


def _how_computed(found: Extrapolation) -> None:
    far = max(length for length in found.lengths if length <= _FAR)
    scheme = "alibi" if "alibi" in found.curves else next(iter(found.curves))
    one, name = found.curves[scheme], rf"\text{{{_title(scheme)}}}"
    explain.explanation(
        "A longer stretch does two things: fewer tokens stand near a beginning, where little has been read, and more "
        f"stand at places, or at distances, that the network never met while it learned from {TRAINED} tokens at once. "
        "By length both are mixed; by place, against the same tokens with less before them, they come apart. Press, "
        "Smith and Lewis (2022) trained on 512 tokens and more: there sinusoids failed a little behind the trained "
        "length, RoPE and T5's bias further on, ALiBi not.",
        lambda: [
            r"\mathrm{PPL}_L = \exp\Bigl(-\frac{1}{N} \sum_{t=1}^{N} \ln P\bigl(w_t \mid w_{s(t)}, \dots, w_{t-1}"
            r"\bigr)\Bigr), \qquad s(t) = L\,\Bigl\lfloor \frac{t-1}{L} \Bigr\rfloor",
            *(
                rf"\mathrm{{PPL}}_{{{length}}}({name}) = e^{{{one.by_length[length]:.4f}}} = "
                rf"{one.perplexity(length):.2f}"
                for length in sorted({TRAINED, far})
            ),
            rf"\mathrm{{PPL}}_{{{far}}} / \mathrm{{PPL}}_{{{TRAINED}}} = {one.rise(far):.4f}",
        ],
        [extrapolation.read, extrapolation.Reading.by_place],
    )
