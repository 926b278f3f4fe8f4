"""A training that is watched: moments with losses and a sample, steered while it runs."""

import math
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.card import ModelCard
from models.mixers import neural_files
from models.mixers.feedforward import FeedForwardConfig
from models.mixers.network import Network
from models.mixers.neural_files import Config
from models.mixers.neural_lm import NeuralLM
from models.mixers.recurrent import CELLS, RecurrentConfig
from models.mixers.writing import written
from models.prediction import Decoding
from models.tokens.words import START_ID
from models.training import lines
from models.training.batches import Ids, Sentences
from models.training.loop import Look, Step, TrainingSettings
from models.training.next_token import LanguageTraining, training_of

MODELS = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN", "feedforward": "FFN"}
MOST_TOKENS = 8_000  # of a vocabulary
_CONTEXT = 4  # tokens that a feed-forward model sees
_HELD_OUT = 5_000  # tokens that are looked at
_EVERY = 0.4  # seconds between two moments
_SAMPLE = {False: 24, True: 90}  # tokens of a sample: of words, of characters
_PAUSE = 0.05  # seconds between two looks of one that waits
LONGEST_PAUSE = 60.0  # seconds


@dataclass(frozen=True)
class Wanted:
    """What is trained, and how."""

    model: str = "lstm"  # a key of MODELS
    characters: bool = False
    n_embd: int = 32
    n_hidden: int = 96
    learning_rate: float = 5e-3
    epochs: int = 10
    batch_size: int = 16  # lines
    seed: int = 1

    def config(self, vocab_size: int) -> Config:
        """The shape of the network."""
        m, d = self.n_embd, self.n_hidden
        if self.model in CELLS:
            return RecurrentConfig(cell=self.model, vocab_size=vocab_size, n_embd=m, n_hidden=d)
        return FeedForwardConfig(context=_CONTEXT, start_id=START_ID, vocab_size=vocab_size, n_embd=m, n_hidden=d)


@dataclass
class Steering:
    """What the reader changes while it runs."""

    rate_factor: float = 1.0
    temperature: float = 0.8
    paused: bool = False


@dataclass(frozen=True)
class Moment:
    """How far it is."""

    step: int
    steps: int
    tokens: int  # learned from so far, those of each epoch counted
    epochs: float
    loss: float  # nats a token, the mean since the moment before; NaN before the first step
    held_out_loss: float  # nats a token, when last looked at; NaN before that
    gradient_norm: float  # the largest since the moment before, before clipping
    learning_rate: float
    seconds: float  # of work
    sample: str
    temperature: float  # of the sample


@dataclass(eq=False)
class Plan:
    """A text, and what is to be learned from it."""

    read: Callable[[], str]
    title: str  # of the text
    wanted: Wanted
    name: str  # of the model that comes out, unlike any other
    label: str = "Yours"  # what its title begins with
    steering: Steering = field(default_factory=Steering)
    lm: NeuralLM | None = None  # once the training has begun; its weights change while it goes on


def live(plan: Plan, check: Callable[[], None]) -> Generator[Moment | None, None, NeuralLM]:
    """Trains; gives a moment at the beginning, several times a second, and at the end.

    Args:
        plan: what is to be done.
        check: raises what ends the training, called between two steps.

    Returns:
        The model with the weights that predicted the held-out lines best.

    Raises:
        ModelError: there is too little text, or the loss grew beyond all bounds.
    """
    wanted, steering = plan.wanted, plan.steering
    text = lines.read(plan.read(), characters=wanted.characters, most=MOST_TOKENS, check=check)
    network = neural_files.network_of(wanted.config(text.tokenizer.vocab_size))
    settings = TrainingSettings(
        epochs=float(wanted.epochs),
        learning_rate=wanted.learning_rate,
        looks=max(10, 2 * wanted.epochs),
        patience=10_000,
        seed=wanted.seed,
    )
    learned, held_out = Sentences(text.learned, wanted.batch_size), _first(text.held_out, _HELD_OUT)
    training = training_of(network, learned, settings, Sentences(held_out, wanted.batch_size))
    lm = plan.lm = NeuralLM(network, text.tokenizer, _card(plan, network, text))
    since = _Since()
    yield _moment(training, lm, plan, since)
    training.rate_factor = steering.rate_factor
    told, steered = time.monotonic(), steering.rate_factor != 1.0
    try:
        for event in training:
            check()
            training.rate_factor = steering.rate_factor
            steered |= steering.rate_factor != 1.0
            if isinstance(event, Look):
                since.held_out_loss = event.held_out_loss
            else:
                since.add(event)
            ends = training.done == training.steps
            if isinstance(event, Look) if ends else time.monotonic() - told > _EVERY:
                yield _moment(training, lm, plan, since)
                since.told, told = True, time.monotonic()
            pause = time.monotonic()
            while steering.paused:
                check()
                yield None
                time.sleep(_PAUSE)
                if time.monotonic() - pause > LONGEST_PAUSE:
                    steering.paused = False  # others wait for their turn
        network.load_state_dict(training.best or network.state_dict())
    finally:
        lm.card = replace(lm.card, training=_came_to(training, wanted, steered=steered))
    return lm


def _came_to(training: LanguageTraining, wanted: Wanted, *, steered: bool) -> str:
    """How far it went, for the card."""
    done, steps = training.done, training.steps
    words = f"{wanted.epochs} epochs" if done == steps else f"stopped after {done:,} of {steps:,} steps"
    return f"{words}, the learning rate changed by hand" if steered else words


def _first(rows: Sequence[Ids], most: int) -> list[Ids]:
    """The first of them, at least one, up to so many tokens: a look at them is not stopped."""
    ends = np.cumsum([len(row) for row in rows])
    return list(rows[: max(1, int((ends <= most).sum()))])


@dataclass
class _Since:
    """What happened since the moment before."""

    steps: list[Step] = field(default_factory=list)
    held_out_loss: float = math.nan
    told: bool = False

    def add(self, step: Step) -> None:
        """One more; the first after a moment begins anew."""
        if self.told:
            self.steps.clear()
        self.told = False
        self.steps.append(step)


def _moment(training: LanguageTraining, lm: NeuralLM, plan: Plan, since: _Since) -> Moment:
    steps, temperature = since.steps, plan.steering.temperature
    chosen = Decoding(temperature=temperature, seed=training.done)
    [[ids]] = written(lm, [], [chosen], 1, _SAMPLE[plan.wanted.characters], [lm.tokenizer.start_id])
    return Moment(
        step=training.done,
        steps=training.steps,
        tokens=training.tokens,
        epochs=plan.wanted.epochs * training.done / training.steps,
        loss=sum(step.loss for step in steps) / len(steps) if steps else math.nan,
        held_out_loss=since.held_out_loss,
        gradient_norm=max((step.gradient_norm for step in steps), default=math.nan),
        learning_rate=training.rate(training.done),
        seconds=training.seconds,
        sample=lm.tokenizer.decode([token for token in ids if token != lm.tokenizer.end_id]),
        temperature=temperature,
    )


def _card(plan: Plan, network: Network, text: lines.Lines) -> ModelCard:
    wanted, tokenizer = plan.wanted, text.tokenizer
    return ModelCard(
        name=plan.name,
        title=f"{plan.label}: {MODELS[wanted.model]} of {'characters' if wanted.characters else 'words'}, {plan.title}",
        family=neural_files.kind_of(network.config),
        corpus=f"{plan.title}: {len(text.learned):,} lines, {text.tokens:,} tokens",
        licence="that of the text",
        source="trained here",
        precision="float32",
        parameters=sum(weights.numel() for weights in network.parameters()),
        vocab_size=tokenizer.vocab_size,
        start_token=tokenizer.tokens([tokenizer.start_id])[0],
        end_token=tokenizer.tokens([tokenizer.end_id or 0])[0],
        can=frozenset({"trace"}),
    )
