"""Counts or trains the taggers, and measures them.

    python -m models.zoo.tagging NAME DATA     NAME is hmm, lstm, bilstm or bilstm-crf

DATA holds gmb/gmb.conll.xz, wnut17/emerging.test.annotated.xz and uner-ewt/en_ewt-ud-test.iob2.xz. A training that was
stopped goes on where its last checkpoint, in out/tagging, was made. Measuring takes seqeval, of requirements-dev.txt.
"""

import argparse
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from models.checkpoints import sha256
from models.mixers.network import Drop, State
from models.tasks import tagging_hmm, tagging_models
from models.tasks.card import TaskCard, write_task_card
from models.tasks.embedding import Vocabulary
from models.tasks.tagging import TaggerConfig, TaggerNetwork
from models.tasks.tagging_data import (
    DOMAINS,
    Example,
    TagBatch,
    TagBatches,
    alphabet_of,
    divided,
    f1,
    own_words,
    read,
    renamed,
)
from models.tasks.tagging_models import NeuralTagger, Tagger
from models.training import checkpointed
from models.training.loop import Training, TrainingSettings
from models.zoo.tagging import CARDS, NAMES, WORDS, weights

CORPUS = "the Groningen Meaning Bank, 47,575 different sentences, of which eight tenths were learned from"
LICENCE = "the texts of GMB are in the public domain or open; distributed as CDLA-Sharing-1.0"
SETTINGS = TrainingSettings(epochs=6.0, learning_rate=3e-3, dropout=0.5, looks=9, patience=4)
_OUT = Path("out/tagging")
_SEED, _LEAST, _LEAST_CHARACTER = 1, 3, 5  # occurrences of a word, of a character
_BATCH, _UNKNOWN = 32, 0.05
_PUBLISHED = {
    "UH-RiTUAL, WNUT-17, all six types": 0.4186,
    "SpinningBytes, WNUT-17, all six types": 0.4078,
    "SJTU-Adapt, WNUT-17, all six types": 0.4042,
    "Arcada, WNUT-17, all six types": 0.3998,
    "FLYTXT, WNUT-17, all six types": 0.3835,
    "MIC-CIS, WNUT-17, all six types": 0.3706,
    "Drexel-CCI, WNUT-17, all six types": 0.2630,
}
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """What a network is."""

    title: str
    config: TaggerConfig


RECIPES = {
    "lstm": Recipe("One-way LSTM", TaggerConfig(n_hidden=160, is_bidirectional=False, has_crf=False)),
    "bilstm": Recipe("BiLSTM", TaggerConfig(n_hidden=100, is_bidirectional=True, has_crf=False)),
    "bilstm-crf": Recipe("BiLSTM-CRF", TaggerConfig(n_hidden=100, is_bidirectional=True, has_crf=True)),
}


def training_of(name: str, train: Sequence[Example], dev: Sequence[Example]) -> tuple[Training[Any, Any], NeuralTagger]:
    """A training that is about to begin, and the tagger that it changes."""
    vocabulary, alphabet = Vocabulary(own_words(train, _LEAST)), alphabet_of(train, _LEAST_CHARACTER)
    network = TaggerNetwork(RECIPES[name].config, vocabulary, alphabet, torch.Generator().manual_seed(_SEED))
    tagger = NeuralTagger(network, vocabulary, alphabet, _card(name))

    def losses(
        batch: TagBatch, _state: State | None, drop: Drop, _generator: torch.Generator
    ) -> tuple[Float[Tensor, " word"], None]:
        unary = network(batch.sentences, drop)
        return network.losses(unary, batch.tags, batch.sentences.lengths), None

    def look() -> float:
        return 1 - f1([one.tags for one in dev], said(tagger, dev))

    batches = TagBatches(train, vocabulary, alphabet, _BATCH, unknown=_UNKNOWN, seed=_SEED)
    return Training(network, batches, SETTINGS, losses, look), tagger


def said(tagger: Tagger, examples: Sequence[Example]) -> list[list[str]]:
    """The tags that a tagger gives to sentences."""
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].words))
    found = tagger.tag([examples[i].words for i in order])
    tags = {i: one.tags for i, one in zip(order, found, strict=True)}
    return [tags[i] for i in range(len(examples))]


def scores(tagger: Tagger, tests: Mapping[str, Sequence[Example]]) -> dict[str, float]:
    """Entity-level F1, precision and recall by seqeval, over all names of a test set and by kind."""
    from seqeval.metrics import classification_report  # type: ignore[import-untyped]

    measured = dict[str, float]()
    for name, examples in tests.items():
        domain = DOMAINS[name]
        gold, found = [list(one.tags) for one in examples], said(tagger, examples)
        if domain.kinds:
            gold = [renamed(tags, domain.gold) for tags in gold]
            found = [renamed(tags, domain.kinds) for tags in found]
        report = classification_report(gold, found, output_dict=True, zero_division=0)
        whole = report.pop("micro avg")
        measured[domain.title] = float(whole["f1-score"])
        measured |= {f"{domain.title}, {one}": float(whole[one]) for one in ("precision", "recall")}
        kinds = {kind: row for kind, row in report.items() if not kind.endswith(" avg")}
        measured |= {f"{domain.title}: {kind}": float(row["f1-score"]) for kind, row in kinds.items()}
    return {name: round(value, 5) for name, value in measured.items()}


def corpus(data: Path) -> tuple[list[Example], list[Example], list[Example]]:
    """GMB: what is learned from, what is decided by, and what is measured on."""
    return divided(read(data / "gmb/gmb.conll.xz"), _SEED)


def tests_of(data: Path, held_out: Sequence[Example]) -> dict[str, Sequence[Example]]:
    """What is measured on, by the keys of DOMAINS; `held_out` is the tenth of GMB."""
    return {
        "gmb": held_out,
        "gmb3": held_out,
        "wnut17": read(data / "wnut17/emerging.test.annotated.xz"),
        "uner-ewt": read(data / "uner-ewt/en_ewt-ud-test.iob2.xz", word=1, tag=2),
    }


def finish(name: str, tagger: Tagger, parameters: int, training: str, data: Path, test: Sequence[Example]) -> None:
    """Measures the tagger as it ships, and writes its card."""
    tests = tests_of(data, test)
    card = _card(name, parameters, training, sha256(weights(name)), scores(tagger, tests))
    write_task_card(CARDS, card)
    _LOG.info("%s", card.scores)


def _card(
    name: str, parameters: int = 0, training: str = "", digest: str = "", measured: Mapping[str, float] | None = None
) -> TaskCard:
    return TaskCard(
        name=name,
        title=RECIPES[name].title if name in RECIPES else "HMM",
        family="lstm" if name in RECIPES else "hmm",
        corpus=CORPUS,
        training=training,
        licence=LICENCE,
        source=f"python -m models.zoo.tagging {name} DATA",
        precision="8 bits a weight" if name in RECIPES else "counts",
        parameters=parameters,
        sha256=digest,
        held_out="F1 of names (seqeval, default mode). GMB, the Groningen Meaning Bank: a tenth of the sentences, none "
        "of which was learned from. WNUT-17 and UNER-EWT: persons, locations and organisations alone; geo is read as "
        "location, WNUT's corporation and group as organisation; what has no counterpart is left out on both sides, "
        "and so is gpe, mostly adjectives like Iraqi, since that gave the better F1 on both dev sets",
        scores=measured or {},
        published=_PUBLISHED,
    )


def _trained(name: str, train: Sequence[Example], dev: Sequence[Example]) -> tuple[NeuralTagger, str]:
    _OUT.mkdir(parents=True, exist_ok=True)
    training, tagger = training_of(name, train, dev)
    for look in checkpointed.looks(training, _OUT / f"{name}.pt", _LOG):
        _LOG.info("step %d of %d: dev F1 %.4f", look.step, training.steps, 1 - look.held_out_loss)
    network = tagger.network
    network.load_state_dict(training.best or network.state_dict())
    WORDS.write_text("\n".join(tagger.vocabulary.own) + "\n", encoding="utf-8")
    tagging_models.save(network, tagger.alphabet, weights(name))
    small = tagging_models.load(weights(name), tagger.vocabulary, tagger.card)
    gold = [one.tags for one in dev]
    _LOG.info("dev F1 %.4f in 32 bits, %.4f in 8", f1(gold, said(tagger, dev)), f1(gold, said(small, dev)))
    return small, f"{training.tokens:,} words, the same ones up to {SETTINGS.epochs:g} times; " + (
        f"{training.seconds:,.0f} s on a CPU core; the weights with the best F1 on another tenth"
    )


def main() -> None:
    """Counts or trains, and says how it goes."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", choices=NAMES)
    options.add_argument("data", type=Path)
    given = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    train, dev, test = corpus(given.data)
    if given.name == "hmm":
        counts = tagging_hmm.counted(train)
        tagging_hmm.save(counts, weights("hmm"))
        tagger: Tagger = tagging_hmm.load(weights("hmm"), _card("hmm"))
        _LOG.info("dev F1 %.4f", f1([one.tags for one in dev], said(tagger, dev)))
        parameters = int((counts.emission > 0).sum()) + counts.transition.numel() + counts.initial.numel()
        training = f"{int(counts.emission.sum()):,} words, counted once"
    else:
        tagger, training = _trained(given.name, train, dev)
        parameters = sum(one.numel() for one in tagger.network.parameters())
    finish(given.name, tagger, parameters, training, given.data, test)


if __name__ == "__main__":
    main()
