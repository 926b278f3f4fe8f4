"""word2vec under a microscope: vectors of two numbers, moved step by step, and every number of the next step."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer import address, controls, loading, style
from explorer.components.word2vec_steps import Arrow, RunningWord, frame, word2vec_steps
from explorer.downloads import Columns, downloads
from explorer.figures.word2vec import steps_curve, words_plane
from explorer.panels import word2vec_numbers
from models.tokens.word2vec import Look
from models.tokens.word2vec_steps import (
    MOST_STEPS,
    Choices,
    Drawn,
    Leg,
    Replay,
    further,
    read_legs,
    steps_of,
    until,
    write_legs,
)

KINGS = "King and queen rule. Man and woman work. The king is a man. The queen is a woman."
METHODS = {"skip-gram": "Skip-gram", "cbow": "CBOW"}
_JUMPS = {1: "One step", 20: "20", 500: "500", 2_000: "Run"}


@dataclass(frozen=True, eq=False)
class Shown:
    """What is on screen: the vectors after some steps, and the step that comes next."""

    replay: Replay
    rate: float
    drawn: Drawn
    look: Look


def microscope_view(slug: str) -> None:
    """A text, its vectors as points, and the numbers of the next step."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        text = controls.text("prompt", "A few sentences", KINGS)
    with right:
        choices, buttons = _choices(slug), st.container()
    figure, beside = st.columns([3, 2], gap="large")
    with beside:
        rate = controls.number(
            f"{slug}_rate", "Learning rate, from now on", 0.2, 0.01, 2.0, 0.01, "Steps that are done keep theirs."
        )
    nothing: tuple[Leg, ...] = ()
    legs = address.parsed(f"{slug}_legs", nothing, read_legs, lambda _: True)
    with right:
        replay = controls.last_good(
            "microscope",
            lambda: loading.replayed(text, choices, legs),
            lambda: loading.replayed(KINGS, choices, nothing),
            lambda _: ("To the start", lambda: _keep(slug, nothing)) if legs else None,
        )
    count = len(replay.sentences.words)
    centre = address.parsed(f"{slug}_centre", None, int, lambda place: place is None or 0 <= place < count)
    drawn = replay.next_step(centre)
    shown = Shown(replay, rate, drawn, replay.look(drawn))
    with figure:
        _picture(slug, shown)
        if replay.sentences.left_out:
            st.caption(f"The first {count} words are taken; {replay.sentences.left_out:,} are left out.")
        _curve(shown)
    with buttons:
        _buttons(slug, shown, centre)
    with beside:
        word2vec_numbers.tables(shown)
    word2vec_numbers.how_computed(shown)


def _choices(slug: str) -> Choices:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = controls.choice(f"{slug}_method", "Predict", list(METHODS), METHODS.__getitem__, hidden=True)
        with st.popover("More"):
            window = controls.count(f"{slug}_window", "Window", 2, 1, 5, "Each time a random number up to it.")
            negatives = controls.count(
                f"{slug}_negatives", "Negatives K", 2, 1, 5, "Words drawn against each positive."
            )
            power = controls.number(
                f"{slug}_power", "Power", 0.75, 0.0, 1.0, 0.05, "Negatives are drawn by count to this power."
            )
            seed = controls.count(f"{slug}_seed", "Seed", 1, 0, 100, "Of the first vectors and of all draws.")
    return Choices(method, window, negatives, power, seed)


def _buttons(slug: str, shown: Shown, centre: int | None) -> None:
    legs = shown.replay.legs  # of what is on screen, whatever the address says
    left = MOST_STEPS - steps_of(legs)

    def take(steps: int) -> None:
        _keep(slug, further(legs, min(steps, left), shown.rate, centre))

    with st.container(horizontal=True, gap="xsmall"):
        for steps, title in _JUMPS.items():
            st.button(
                title,
                key=f"take_{steps}",
                on_click=take,
                args=(steps,),
                disabled=left < 1,
                type="primary" if steps == 1 else "secondary",
            )
        st.button(
            "",
            key="to_start",
            icon=":material/restart_alt:",
            help="To the start",
            on_click=_keep,
            args=(slug, ()),
            disabled=not legs,
        )
    if left < 1:
        st.caption(f"{MOST_STEPS:,} steps: that is as far as it goes.")


def _keep(slug: str, legs: tuple[Leg, ...]) -> None:
    address.set_values(**{f"{slug}_legs": write_legs(legs) or None, f"{slug}_centre": None})


def _picture(slug: str, shown: Shown) -> None:
    replay, drawn, legs = shown.replay, shown.drawn, shown.replay.legs
    words, places = replay.sentences.text.words, replay.sentences.places
    ends = np.append(np.diff(places) > 1, True)
    running: list[RunningWord] = [
        {"word": word, "ends": end} for word, end in zip(replay.sentences.words.tolist(), ends.tolist(), strict=True)
    ]
    choices = replay.choices
    word2vec_steps(
        words,
        running,
        [frame(step, vectors.target, vectors.context) for step, vectors in replay.lately()],
        _arrows(shown),
        at=replay.done,
        place=drawn.place,
        window=drawn.neighbours,
        version=repr((choices, legs[0].centre if legs else None)),
        colours=(style.CATEGORIES[0], style.CATEGORIES[1]),
        mark=style.DECIDES,
        key="steps",
        on_place=lambda place: address.set_values(**{f"{slug}_centre": str(place)}),
        on_stop=lambda steps: _keep(slug, until(legs, steps)),
    )
    vectors = replay.vectors
    figure = words_plane(words, vectors.target, "", vectors.context)
    downloads("vectors", "steps", figure, lambda: _columns(shown), f"word2vec after {replay.done} steps")


def _arrows(shown: Shown) -> list[Arrow]:
    """What the next step does to each vector that it moves."""
    example, method = shown.drawn.example, shown.replay.choices.method
    positives = set((example.contexts if method == "skip-gram" else np.array([example.centre])).tolist())
    drawn = set(example.negatives.ravel().tolist())
    # The kind of vector that is compared with the drawn words; the other kind belongs to the centre or its neighbours.
    compared, given = ("c", "t") if method == "skip-gram" else ("t", "c")
    arrows = list[Arrow]()
    for kind, gradient in (("t", shown.look.target_gradient), ("c", shown.look.context_gradient)):
        if kind == compared:
            roles = {word: "positive" if word in positives else "negative" for word in sorted(positives | drawn)}
        else:
            of = [example.centre] if method == "skip-gram" else sorted(set(example.contexts.tolist()))
            roles = dict.fromkeys(of, "centre")
        for word, role in roles.items():
            x, y = (-shown.rate * gradient[word]).tolist()
            arrows.append({"kind": kind, "word": int(word), "by": (x, y), "role": role})
    return sorted(arrows, key=lambda arrow: arrow["kind"] != given)


def _curve(shown: Shown) -> None:
    steps, losses = zip(*shown.replay.losses, strict=True)
    figure = steps_curve(steps, losses, shown.replay.choices.negatives)
    st.plotly_chart(
        figure,
        key="steps_loss",
        config={"displayModeBar": False},
        alt=f"The loss of the whole text after {shown.replay.done} steps: {losses[-1]:.3f} nats a pair, "
        f"{losses[0]:.3f} at first.",
    )
    downloads(
        "steps_loss",
        "steps_loss",
        figure,
        lambda: {"steps": list(steps), "loss, nats a pair": list(losses)},
        "word2vec: the loss of the whole text",
    )
    st.caption("Mean over all words of the text, with other drawn words than those of the steps.")


def _columns(shown: Shown) -> Columns:
    vectors, look = shown.replay.vectors, shown.look
    parts = {
        "t": vectors.target,
        "c": vectors.context,
        "∂L/∂t": look.target_gradient,
        "∂L/∂c": look.context_gradient,
    }
    return {
        "word": list(shown.replay.sentences.text.words),
        **{f"{name} {axis}": part[:, i].tolist() for name, part in parts.items() for i, axis in enumerate("xy")},
    }
