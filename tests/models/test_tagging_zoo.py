"""The taggers that ship are those of their cards, and find what anybody would find."""

from dataclasses import replace

import pytest
import torch

from models.checkpoints import sha256
from models.errors import ModelError
from models.tasks.card import read_task_cards
from models.tasks.tagging import TAGS, possible
from models.tasks.tagging_data import DOMAINS, Example
from models.tasks.tagging_models import NeuralTagger, Tagged
from models.tasks.tagging_text import cut
from models.training.loop import Look, Step
from models.zoo import tagging
from models.zoo.tagging import __main__ as command

SENTENCE = "Angela Merkel met the Iraqi president in Berlin on Friday."


@pytest.fixture(scope="module")
def cards():
    return read_task_cards(tagging.CARDS)


@pytest.fixture(scope="module")
def taggers():
    return {name: tagging.load(name) for name in tagging.NAMES}


def test_files_are_those_of_the_cards_and_small(cards):
    assert tuple(cards) == tagging.NAMES
    for name, card in cards.items():
        assert card.sha256 == sha256(tagging.weights(name)), name
        assert card.source == f"python -m models.zoo.tagging {name} DATA"
    files = [tagging.WORDS, *map(tagging.weights, tagging.NAMES)]
    assert sum(path.stat().st_size for path in files) < 1_500_000


def test_parameters_are_counted_and_about_the_same_in_all_networks(cards, taggers):
    counts = {}
    for name, tagger in taggers.items():
        if isinstance(tagger, NeuralTagger):
            counts[name] = sum(weights.numel() for weights in tagger.network.parameters())
            assert cards[name].parameters == counts[name]
    assert len(counts) == 3
    assert max(counts.values()) < 1.02 * min(counts.values())


def test_every_domain_is_measured_and_what_is_learned_beats_what_is_counted(cards):
    for card in cards.values():
        for domain in DOMAINS.values():
            f1, precision, recall = (card.scores[domain.title + end] for end in ("", ", precision", ", recall"))
            assert f1 == pytest.approx(2 * precision * recall / (precision + recall), abs=2e-5)
        assert card.published
    home = {name: card.scores[DOMAINS["gmb"].title] for name, card in cards.items()}
    assert max(home["hmm"], home["lstm"]) < home["bilstm"] < home["bilstm-crf"]
    assert home["bilstm-crf"] > 0.84


@pytest.mark.parametrize("name", tagging.NAMES)
def test_each_finds_the_names_of_a_plain_sentence(taggers, name):
    words = [piece.word for piece in cut(SENTENCE)]
    [tagged] = taggers[name].tag([words])
    found = dict(zip(words, tagged.tags))
    assert found["Angela"] == "B-per"
    assert found["Merkel"] == "I-per"
    assert found["Iraqi"] == "B-gpe"
    assert found["Berlin"] == "B-geo"
    assert found["Friday"] == "B-tim"
    assert all(found[word] == "O" for word in ("met", "the", "in", "."))


def test_nearly_all_that_the_crf_refuses_is_impossible(taggers):
    transition = taggers["bilstm-crf"].network.crf.transition
    impossible = ~possible().steps
    assert (transition[impossible] < 0).float().mean() > 0.9
    inside = [TAGS.index(f"I-{kind}") for kind in ("per", "geo", "org", "tim")]
    for tag in inside:
        assert int(transition[:, tag].argmax()) in {tag, tag - 1}  # I-x is best after I-x or B-x


def test_an_unknown_name_is_refused():
    with pytest.raises(ModelError, match="no tagger 'x'"):
        tagging.load("x")


class Fixed:
    """A tagger that says what it was told, whatever it reads."""

    card = None

    def __init__(self, said):
        self._said = said

    def tag(self, sentences):
        return [
            Tagged(tuple(words), [TAGS.index(tag) for tag in self._said[tuple(words)]], torch.zeros(0, len(TAGS)), 0.0)
            for words in sentences
        ]

    def known(self, word):
        return ""


def test_scores_compare_only_the_kinds_that_both_sides_have():
    said = {
        ("Anna", "in", "Rome", "on", "Monday"): ["B-per", "O", "B-geo", "O", "B-tim"],
        ("Iraqi", "Acme", "Corp"): ["B-gpe", "B-org", "I-org"],
        ("a", "Song"): ["O", "B-art"],
    }
    gold = [
        Example(("Anna", "in", "Rome", "on", "Monday"), ("B-person", "O", "B-location", "O", "O")),
        Example(("Iraqi", "Acme", "Corp"), ("O", "B-corporation", "O")),  # too long: wrong
        Example(("a", "Song"), ("B-creative-work", "I-creative-work")),  # left out
    ]
    found = command.scores(Fixed(said), {"wnut17": gold})
    assert found["WNUT-17, test"] == pytest.approx(2 * 2 / (3 + 3), abs=1e-5)
    assert found["WNUT-17, test: person"] == 1
    assert found["WNUT-17, test: organisation"] == 0
    home = [Example(words, tuple(tags)) for words, tags in said.items()]
    assert command.scores(Fixed(said), {"gmb": home})["GMB, held out"] == 1


@pytest.mark.parametrize("name", command.RECIPES)
def test_a_training_takes_a_step_and_looks(name, monkeypatch):
    monkeypatch.setattr(command, "SETTINGS", replace(command.SETTINGS, epochs=2.0, looks=1))
    words = ("Anna", "met", "Bo", "in", "Rome")
    examples = [Example(words, ("B-per", "O", "B-per", "O", "B-geo"))] * 3
    training, tagger = command.training_of(name, examples, examples[:1])
    before = {key: value.clone() for key, value in tagger.network.state_dict().items()}
    events = list(training)
    assert [type(event) for event in events] == [Step, Step, Look]
    assert events[1].tokens == 30
    assert 0 <= events[2].held_out_loss <= 1
    assert any(not torch.equal(value, before[key]) for key, value in tagger.network.state_dict().items())
