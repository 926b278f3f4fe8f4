"""A network that is trained on the reader's text before one's eyes: losses, samples, and what can be changed."""

import html
import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from explorer import background, chrome, controls, explain, loading
from explorer.contents import entry
from explorer.downloads import Columns, downloads
from explorer.figures.training_live import live_curves
from explorer.jobs import Job, State
from explorer.numbers import perplexity
from explorer.panels import neural, word2vec_source
from explorer.panels.ngram_source import decoded
from explorer.panels.word2vec_source import WORLD, Source
from explorer.tables import table
from models.errors import ModelError
from models.mixers.neural_lm import NeuralLM
from models.tokens import little_world
from models.training import live, loop
from models.training.live import MODELS, Moment, Plan, Steering, Wanted

_SLOT = "live training"
_EVERY = 0.5  # seconds between two looks at a job
_SAMPLES = 6
_WORLD_EPOCHS = 6
_LINE = 60.0  # characters, about
_MANY = 4_000  # lines that are learned, again and again, if the reader says nothing


@dataclass(frozen=True, eq=False)
class Shown:
    """A training that has begun."""

    plan: Plan
    job: Job
    slot: str  # of the job
    is_example: bool = False

    @property
    def moments(self) -> list[Moment]:
        """What it has told."""
        return self.job.events

    @property
    def model(self) -> NeuralLM | None:
        """What came out, also of one that was stopped; None: it has not ended yet."""
        return self.plan.lm if self.job.state in {State.DONE, State.STOPPED} else None


def live_view(slug: str) -> None:
    """The text and the network, the buttons, the curves, and the samples."""
    figure, beside = st.columns([2, 1], gap="large")
    with beside:
        source = word2vec_source.source_input(slug) or WORLD
        wanted = _wanted(slug, source)
        buttons = st.container(horizontal=True)
        steering = _steering(slug)
        note = st.empty()
    key = _key(source, wanted)
    job, plan = background.current(_SLOT, key), _plans().get(key)
    if plan is not None:
        plan.steering.rate_factor, plan.steering.temperature = steering.rate_factor, steering.temperature
    with buttons:
        _buttons(job, plan, partial(_start, source, wanted, steering))
    with figure:
        shown = _shown(job, plan, source, wanted)
    if shown.is_example:
        note.text("This is an example that everybody shares. Press Train for one of your own, which you can steer.")
    live_now = [one for one in (job, shown.job) if one is not None and not one.is_over]
    with figure:
        st.fragment(partial(_progress, shown, live_now), run_every=_EVERY if live_now else None)()
    _keep(shown)
    _how_computed(shown)


def _wanted(slug: str, source: Source) -> Wanted:
    with st.container(horizontal=True):
        model = controls.choice(f"{slug}_model", "Network", list(MODELS), MODELS.__getitem__)
        characters = neural.level_input(slug) == "characters"
    with st.popover("More"):
        n_embd = controls.count(f"{slug}_embd", "Numbers an embedding", 32, 4, 128)
        n_hidden = controls.count(f"{slug}_hidden", "Hidden units", 96, 4, 256)
        epochs = controls.count(f"{slug}_epochs", "Epochs", _epochs(source), 1, 200)
        rate = controls.number(
            f"{slug}_rate",
            "Learning rate at its highest",
            0.005,
            0.0005,
            0.1,
            0.0005,
            "It rises, then falls to almost 0.",
        )
        batch = controls.count(f"{slug}_batch", "Lines a batch", 16, 1, 64)
        seed = controls.count(f"{slug}_live_seed", "Seed", 1, 1, 100)
    return Wanted(model, characters, n_embd, n_hidden, rate, epochs, batch, seed)


def _epochs(source: Source) -> int:
    """As many as a text of that length is worth."""
    if source.data is None:
        return _WORLD_EPOCHS
    return max(1, min(100, round(_MANY * _LINE / max(1, len(source.data)))))


def _shown(job: Job | None, plan: Plan | None, source: Source, wanted: Wanted) -> Shown:
    """The reader's own training with these settings, else the last good one, else an example that all readers share."""

    def own() -> Shown:
        if job is None or plan is None:
            raise ModelError("Nothing is trained with these settings yet: press Train.")
        if job.error is not None:
            raise ModelError(job.error)
        if not job.events:
            raise ModelError("It was stopped before it began." if job.is_over else f"{background.waits(job)} …")
        return Shown(plan, job, _SLOT)

    if job is not None and not job.events:
        job.wait(_EVERY)
    if job is None and source is WORLD and wanted == Wanted(epochs=_WORLD_EPOCHS):
        return _example()  # as the page opens: nothing is missing yet
    return controls.last_good(_SLOT, own, _example)


def _buttons(job: Job | None, plan: Plan | None, start: Callable[[], None]) -> None:
    """What can be done now."""
    if job is None or plan is None or job.is_over:
        if st.button("Train again" if job is not None and job.events else "Train", key="train_live"):
            with controls.explained_errors(st.empty(), _SLOT):
                start()
                st.rerun()
        return
    if st.button(
        "Go on" if plan.steering.paused else "Pause",
        key="pause_live",
        help=f"A pause ends by itself after {live.LONGEST_PAUSE:.0f} seconds: others wait for their turn.",
    ):
        plan.steering.paused = not plan.steering.paused
        st.rerun()
    st.button("Stop", key="stop_live", on_click=background.stop, args=(_SLOT,))


def _start(source: Source, wanted: Wanted, steering: Steering) -> None:
    """A training of this reader alone, since it can be steered."""
    runs, plans = _runs(), _plans()
    st.session_state["_live_count"] = number = st.session_state.get("_live_count", 0) + 1
    name = f"yours-{uuid.uuid4().hex[:8]}"
    plan = Plan(partial(_read, source), source.title, wanted, name, f"Yours {number}", steering)
    runs[_settings(source, wanted)] = name
    plans[_key(source, wanted)] = plan
    while len(plans) > loading.MOST_KEPT:  # each holds its text
        del plans[next(iter(plans))]
    background.start(_SLOT, _key(source, wanted), partial(live.live, plan))


def _settings(source: Source, wanted: Wanted) -> tuple[Any, ...]:
    return (_SLOT, source.key, wanted)


def _key(source: Source, wanted: Wanted) -> tuple[Any, ...]:
    """What a training is known by; of several with the same settings the newest."""
    return (*_settings(source, wanted), _runs().get(_settings(source, wanted), ""))


def _runs() -> dict[tuple[Any, ...], str]:
    runs: dict[tuple[Any, ...], str] = st.session_state.setdefault("_live_runs", {})
    return runs


def _plans() -> dict[tuple[Any, ...], Plan]:
    plans: dict[tuple[Any, ...], Plan] = st.session_state.setdefault("_live_plans", {})
    return plans


def _read(source: Source) -> str:
    return "\n".join(little_world.sentences()) if source.data is None else decoded(source.data)


def _example() -> Shown:
    """The little world's training, which all readers share and nobody steers."""
    plan, place = Plan(partial(_read, WORLD), WORLD.title, Wanted(epochs=_WORLD_EPOCHS), "example"), st.empty()
    slot, key = f"{_SLOT} example", (f"{_SLOT} example",)
    job = background.start(slot, key, partial(live.live, plan))
    while not job.events:
        if job.is_over:
            controls.notice(job.error or "The example was stopped: load the page again.")
            st.stop()
        loading.say(place, background.waits(job))
        job.wait(0.05)
        job = background.current(slot, key) or job  # who looks goes on waiting
    place.empty()
    return Shown(plan, job, slot, is_example=True)


def _steering(slug: str) -> Steering:
    """What can be changed while it runs."""
    factor = controls.number(
        f"{slug}_factor", "Learning rate, times", 1.0, 0.0, 10.0, 0.1, "Of what it would be by itself; while it runs."
    )
    temperature = controls.number(
        f"{slug}_temperature", "Temperature of the samples", 0.8, 0.0, 2.0, 0.1, "0: always the most probable token."
    )
    return Steering(factor, temperature)


def _progress(shown: Shown, live_now: Sequence[Job]) -> None:
    """As far as it has come; once a job is over, or can be seen, the page is drawn anew."""
    background.current(shown.slot, shown.job.key)  # who looks on is there
    moments = shown.moments
    last = moments[-1]
    st.html(f'<div class="explorer-facts" role="status">{html.escape(_facts(shown, last))}</div>')
    columns: Columns = {
        "step": [moment.step for moment in moments],
        "epoch": [moment.epochs for moment in moments],
        "loss": [moment.loss for moment in moments],
        "held-out loss": [moment.held_out_loss for moment in moments],
        "gradient norm": [moment.gradient_norm for moment in moments],
        "learning rate": [moment.learning_rate for moment in moments],
        "sample": [moment.sample for moment in moments],
    }
    figure = live_curves(
        [moment.epochs for moment in moments],
        [moment.loss for moment in moments],
        [moment.held_out_loss for moment in moments],
    )
    st.plotly_chart(
        figure,
        key="live_curves",
        config={"displayModeBar": False},
        alt=f"Loss by epoch, now {last.loss:.3f} nats a token learned, {last.held_out_loss:.3f} held out.",
    )
    downloads("live_curves", "live_curves", figure, lambda: columns, f"Training\n{shown.plan.title}")
    _samples(moments)
    if any(job.is_over or (job is not shown.job and job.events) for job in live_now):
        st.rerun()


def _facts(shown: Shown, last: Moment) -> str:
    wanted = shown.plan.wanted
    words = f"{MODELS[wanted.model]}, {shown.plan.title}: step {last.step:,} of {last.steps:,}, epoch {last.epochs:.1f}"
    if last.seconds > 0.05:
        words += f", {float(f'{last.tokens / last.seconds:.2g}'):,.0f} tokens a second"
    if not math.isnan(last.held_out_loss):
        words += f"; held-out perplexity {perplexity(last.held_out_loss)}"
    if shown.job.state is State.DONE:
        best = min(moment.held_out_loss for moment in shown.moments if not math.isnan(moment.held_out_loss))
        words += f", at best {perplexity(best)}"
    if shown.plan.steering.paused and not shown.job.is_over:
        words += "; paused"
    return words + ("; stopped" if shown.job.state is State.STOPPED else "")


def _samples(moments: list[Moment]) -> None:
    """What it writes, the newest first."""
    rows = [
        [f"{moment.epochs:.1f}", f"{moment.temperature:.1f}", html.escape(moment.sample) or "(it ended at once)"]
        for moment in reversed(moments[-_SAMPLES:])
    ]
    table("Samples", ("epoch", "temperature", "what it writes"), rows)


def _keep(shown: Shown) -> None:
    """A model that is trained joins the models of this session."""
    lm = shown.model
    if lm is None or shown.is_example:
        return
    kept = lm.card.name in {one.card.name for one in loading.kept()}
    with st.container(horizontal=True, vertical_alignment="center"):
        if kept:
            st.text(f"“{lm.card.title}” is one of the models of this session. Look at it here:")
            for slug in ("next_token", "recurrent") if lm.card.family == "recurrent" else ("next_token",):
                chrome.page_link(entry(slug))
        elif st.button("Keep this model", key="keep_live", icon=":material/bookmark_add:"):
            loading.keep(lm)
            st.rerun()


def _how_computed(shown: Shown) -> None:
    last, wanted = shown.moments[-1], shown.plan.wanted
    explain.explanation(
        "A batch of lines is read, each token predicted from the true ones before it. The gradient of the mean loss "
        "with respect to all weights is cut to a norm of 1, and AdamW takes a step. The learning rate rises over the "
        "first steps, then falls as half a cosine over the share $s$ of the others. Each twentieth line, of a short "
        "text more, is held out; the model that comes out is the one that predicted the first of these best.",
        lambda: [
            r"\theta \leftarrow \theta - \eta_s \, \mathrm{AdamW}\bigl(g \min(1, 1 / \lVert g \rVert)\bigr),"
            r" \qquad g = \nabla_\theta L",
            r"\eta_s = \eta\, f \Bigl(0.01 + 0.99\, \tfrac{1 + \cos \pi s}{2}\Bigr), \qquad f: \text{ your factor}",
            rf"\eta = {wanted.learning_rate:g}, \qquad \eta_{{{last.step}}} = {last.learning_rate:.2g}",
            rf"\text{{perplexity}} = e^{{{last.held_out_loss:.4f}}}"
            if not math.isnan(last.held_out_loss)
            else r"\text{perplexity} = e^L",
        ],
        [loop.Training._step, loop.Training.rate],  # noqa: SLF001 - it is shown, not called
    )
