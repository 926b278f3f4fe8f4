"""Trains the translators.

    python -m models.zoo.translation NAME PAIRS FOLDER     on lines of English, a tab, French

NAME is encoder-decoder or attention. A run that was stopped goes on where its last checkpoint, in FOLDER, was made.
"""

import argparse
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cross_entropy, linear

from models import packing
from models.checkpoints import sha256
from models.mixers.network import Drop, State, keep
from models.tasks.card import TaskCard, write_task_card
from models.tasks.embedding import Vocabulary
from models.tasks.translation import TranslationConfig, Translator
from models.tasks.translation_data import LONGEST, Pair, PairBatch, PairBatches, read, words_of
from models.tasks.translation_text import Translation
from models.tasks.translation_words import FrenchVocabulary, english, french, normal_french
from models.training import checkpointed
from models.training.batches import IGNORED
from models.training.loop import Losses, Training, TrainingSettings
from models.zoo.translation import CARDS, NAMES, load, measuring, weights, words, write_lengths

_LEAST = 4  # times that an English word occurs which gets a vector of its own
_MOST = 8_000  # French words
_BATCH = 128  # pairs
BEAM = 5  # hypotheses, where the card says beam
_CORPUS = (
    f"Tatoeba, English and French: sentences of at most {LONGEST} words and signs, of which 95 % of the English ones "
    "with all their translations are learned from"
)
_HELD_OUT = "English sentences of Tatoeba that were not learned from, with all their French translations as references"
_LICENCE = (
    "CC BY 2.0, www.manythings.org/anki and tatoeba.org; the vectors that English words begin with were learned from "
    "CC BY-SA 3.0 text"
)
_PUBLISHED = {"A GRU encoder-decoder (README of an eng-fra-seq2seq)": 0.41}
_LOG = logging.getLogger(__name__)
SETTINGS = TrainingSettings(epochs=5.0, learning_rate=2e-3, dropout=0.1, looks=10, patience=10)


@dataclass(frozen=True)
class Recipe:
    """What a model is: about as many weights in both."""

    title: str
    family: str
    n_encoder: int
    n_hidden: int
    n_attention: int = 0

    def config(self, vocab_size: int) -> TranslationConfig:
        """Its shape."""
        return TranslationConfig(
            vocab_size=vocab_size,
            n_embd=64,
            n_encoder=self.n_encoder,
            n_hidden=self.n_hidden,
            n_attention=self.n_attention,
        )


RECIPES = {
    "encoder-decoder": Recipe("Encoder-decoder", "gru", n_encoder=208, n_hidden=208),
    "attention": Recipe("Encoder-decoder with attention", "attention", n_encoder=128, n_hidden=192, n_attention=112),
}


def batches_of(pairs: list[Pair], source: Vocabulary, target: FrenchVocabulary, batch_size: int) -> PairBatches:
    """Pairs as a translator reads them."""
    sources = [source.ids([piece.word for piece in english(pair.english)]) for pair in pairs]
    targets = [[target.start_id, *target.ids(french(pair.french)), target.end_id] for pair in pairs]
    return PairBatches(sources, targets, batch_size)


def losses_of(network: Translator) -> Losses[PairBatch]:
    """-ln P(word) of each word that is to be written, when those before it are given."""

    def losses(
        batch: PairBatch, _state: State | None, drop: Drop, _generator: torch.Generator
    ) -> tuple[Float[Tensor, " n"], None]:
        counts = batch.targets != IGNORED
        hidden = network(batch.source, batch.inputs, drop)[counts]
        scores = linear(hidden, network.wte.weight, network.bias)
        return cross_entropy(scores, batch.targets[counts], reduction="none"), None

    return losses


@torch.no_grad()
def evaluate(network: Translator, batches: PairBatches) -> float:
    """Nats a word, in the mean."""
    losses, generator = losses_of(network), torch.Generator()
    found = torch.cat([losses(batch, None, keep, generator)[0] for batch in batches.epoch(0)])
    return float(found.double().mean())


def training_of(
    name: str, parts: dict[str, list[Pair]], settings: TrainingSettings = SETTINGS
) -> tuple[Training[Translator, PairBatch], Vocabulary, FrenchVocabulary]:
    """A training that is about to begin, and the words it learns."""
    ours, theirs = words_of(parts["train"], _LEAST, _MOST)
    source, target = Vocabulary(ours), FrenchVocabulary(theirs)
    network = Translator(RECIPES[name].config(target.size), source)
    dev = batches_of(parts["dev"], source, target, _BATCH)
    training = Training(
        network,
        batches_of(parts["train"], source, target, _BATCH),
        settings,
        losses_of(network),
        lambda: evaluate(network, dev),
    )
    return training, source, target


def finish(
    name: str,
    training: Training[Translator, PairBatch],
    parts: dict[str, list[Pair]],
    source: Vocabulary,
    target: FrenchVocabulary,
) -> None:
    """Packs the best weights, says what that costs, measures, and writes weights, lists of words and card."""
    network = training.network
    network.load_state_dict(training.best or network.state_dict())
    dev = batches_of(parts["dev"], source, target, _BATCH)
    packing.save(network, weights(name), {size: str(number) for size, number in asdict(network.config).items()})
    words("english").write_text("\n".join(source.own) + "\n", encoding="utf-8")
    words("french").write_text("\n".join(target.words[3:]) + "\n", encoding="utf-8")
    small = load(name, card_of(name, training, {}, ""))
    _LOG.info("dev loss %.4f in 32 bits, %.4f in 8", evaluate(network, dev), evaluate(small.network, dev))
    found = measured(small, parts)
    write_task_card(CARDS, card_of(name, training, found.scores, found.held_out))
    write_lengths(name, found.lengths)


@dataclass(frozen=True)
class Measured:
    """How good a translator is on the test part."""

    scores: dict[str, float]
    held_out: str
    lengths: list[tuple[str, int, float]]  # source lengths, their sentences, their BLEU


def measured(translator: Translation, parts: Mapping[str, Sequence[Pair]]) -> Measured:
    """Scores of the greedy translations of the test part and of those by a beam.

    Two English sentences can have one French translation, and only the English ones are parted: so the sentences none
    of whose translations is learned from are measured by themselves too.
    """
    references = measuring.references_of(parts["test"])
    greedy, beam = ({one: translator.translate(one, width).text for one in references} for width in (1, BEAM))
    scores, signature = measuring.scores_of({"greedy": greedy, f"beam of {BEAM}": beam}, references)
    learned = {normal_french(pair.french) for pair in parts["train"]}
    new = [one for one, some in references.items() if learned.isdisjoint(map(normal_french, some))]
    score, _ = measuring.bleu([beam[one] for one in new], [references[one] for one in new])
    scores[f"BLEU, beam of {BEAM}, French that is new"] = round(score, 1)
    held_out = (
        f"{len(references):,} {_HELD_OUT}; of {len(new):,} the French is new too, the others have a translation that "
        f"also belongs to a sentence that was learned from; sacrebleu's signature: {signature}"
    )
    return Measured(scores, held_out, measuring.by_length(beam, references))


def card_of(
    name: str, training: Training[Translator, PairBatch], scores: Mapping[str, float], held_out: str
) -> TaskCard:
    """The card of a model whose weights are written."""
    recipe = RECIPES[name]
    return TaskCard(
        name=name,
        title=recipe.title,
        family=recipe.family,
        corpus=_CORPUS,
        training=f"{SETTINGS.epochs:g} times over the pairs of train, {training.tokens:,} French words and signs; "
        f"{training.seconds:,.0f} s on a CPU core that was shared",
        licence=_LICENCE,
        source=f"python -m models.zoo.translation {name} PAIRS FOLDER",
        precision="8 bits a weight of a table, 16 of others",
        parameters=sum(one.numel() for one in training.network.parameters()),
        sha256=sha256(weights(name)),
        held_out=held_out,
        scores=scores,
        published=_PUBLISHED,
    )


def main() -> None:
    """Trains, and says how it goes."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", choices=NAMES)
    options.add_argument("pairs", type=Path)
    options.add_argument("folder", type=Path)
    given = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    parts = read(given.pairs)
    training, source, target = training_of(given.name, parts)
    for look in checkpointed.looks(training, given.folder / f"{given.name}.pt", _LOG):
        _LOG.info("step %d, %d words: dev loss %.4f", look.step, look.tokens, look.held_out_loss)
    finish(given.name, training, parts, source, target)


if __name__ == "__main__":
    main()
