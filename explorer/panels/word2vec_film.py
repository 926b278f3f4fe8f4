"""A training of word vectors in the background, and what of it can be shown."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import background, controls, loading, spaces
from explorer.jobs import Job, State
from explorer.panels import word2vec_source
from explorer.panels.word2vec_source import WORLD, Plan
from models.errors import ModelError
from models.tokens.moments import Moment, Vocabulary, drawn_rows

EVERY = 0.5  # seconds between two looks at a job
_PATIENCE = 1.5  # seconds that a page waits for the first moment
_UNITS = {"glove": "weighted squared miss"}


@dataclass(frozen=True, eq=False)
class Film:
    """A training that has begun, as far as it has come."""

    plan: Plan
    job: Job
    vocabulary: Vocabulary
    moments: list[Moment]

    @classmethod
    def of(cls, plan: Plan, job: Job) -> "Film | None":
        """None: nothing can be shown yet."""
        vocabulary, *found = job.events or (None,)
        return cls(plan, job, vocabulary, found) if found and vocabulary is not None else None

    @property
    def now(self) -> "Film":
        """As far as it has come by now."""
        return Film.of(self.plan, self.job) or self

    @property
    def drawn(self) -> list[str]:
        """The words of its picture."""
        return [self.vocabulary.words[row] for row in drawn_rows(self.vocabulary, self.plan.source.drawn)]

    @property
    def unit(self) -> str:
        """Of its loss."""
        return _UNITS.get(self.plan.wanted.model, "nats a pair")

    @property
    def speed(self) -> str:
        """How far it is, how fast, and its losses."""
        moment, wanted = self.moments[-1], self.plan.wanted
        epoch = f"Epoch {moment.done * wanted.epochs:.1f} of {wanted.epochs}"
        if not moment.done and wanted.model == "glove":
            return f"{epoch}, counting neighbours first"
        if moment.seconds < 0.05:
            return epoch
        speed = f"{float(f'{moment.words / moment.seconds:.2g}'):,.0f} words a second"
        return f"{epoch}, {moment.seconds:.1f} seconds of work, {speed}"

    def keep(self, part: str) -> None:
        """Hands vectors that are learned to the page that calculates with them."""
        if self.job.state is State.DONE:
            spaces.keep_trained(self.plan.title, self.job.result.space(part))


def begun(plan: Plan, slot: str, *, at_once: bool) -> Job | None:
    """The plan's job; None where the reader has to start it, since it is not `at_once`, or too many wait."""
    job = background.current(slot, plan.key)
    if job is None and at_once:
        with controls.explained_errors(st.empty(), slot):
            job = background.start(slot, plan.key, plan.work)
    if job is not None:
        place = st.empty()
        for _ in range(int(_PATIENCE / 0.05)):
            if Film.of(plan, job) or job.wait(0.05):
                break
            place.empty()  # here Streamlit can end this run
    return job


def shown(plan: Plan, job: Job | None, slot: str) -> Film:
    """What is on screen: the plan's training, else what was there before, else the little world; and a word why."""

    def film() -> Film:
        if job is None:
            raise ModelError("Nothing is learned with these settings yet: press Train.")
        if job.error is not None:
            raise ModelError(job.error)
        found = Film.of(plan, job)
        if found is None:
            raise ModelError("It was stopped before it began." if job.is_over else f"{background.waits(job)} …")
        return found

    return controls.last_good(slot, film, lambda: _example(plan, slot))


def start_or_stop(place: DeltaGenerator, plan: Plan, job: Job | None, slot: str) -> None:
    """A button for what can be done now."""
    if job is not None and not job.is_over:
        place.button("Stop", key=f"stop_{slot}", on_click=background.stop, args=(slot,))
    elif (job is None or job.state is not State.DONE) and place.button("Train", key=f"train_{slot}"):
        with controls.explained_errors(st.empty(), slot):
            background.start(slot, plan.key, plan.work)
            st.rerun()


def _example(plan: Plan, slot: str) -> Film:
    """The little world's training, once there is something of it; without it the page ends with a word why."""
    world, place = word2vec_source.plan(WORLD, plan.wanted.model), st.empty()
    own, found = f"{slot} example", None
    with controls.explained_errors(place, own):
        job = background.start(own, world.key, world.work)
        while (found := Film.of(world, job)) is None:
            if job.is_over:
                raise ModelError(job.error or "The example was stopped: load the page again.")
            loading.say(place, background.waits(job))
            job.wait(0.05)
            job = background.current(own, world.key) or job  # who looks goes on waiting
        place.empty()
    if found is None:
        st.stop()
    return found
