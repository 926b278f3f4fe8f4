"""The translators that ship, and how they are measured."""

import math

import pytest
import torch

from models.checkpoints import sha256
from models.errors import ModelError
from models.tasks.bleu import sentence_bleu
from models.tasks.translation_data import Pair
from models.zoo import translation
from models.zoo.translation import measuring


@pytest.fixture(scope="module")
def shipped():
    return {name: translation.load(name) for name in translation.NAMES}


def test_weights_are_those_of_the_cards_and_small():
    cards = translation.cards()
    assert set(cards) == set(translation.NAMES)
    sizes = [translation.weights(name).stat().st_size for name in translation.NAMES]
    lists = [translation.words(language).stat().st_size for language in ("english", "french")]
    assert max(sizes) <= 1_500_000
    assert sum(sizes) + sum(lists) <= 3_000_000
    for name, card in cards.items():
        assert card.sha256 == sha256(translation.weights(name))
        assert "tok:13a" in card.held_out
        assert next(iter(card.scores)).startswith(measuring.SENTENCE)


def test_both_have_about_as_many_weights(shipped):
    counts = [sum(one.numel() for one in model.network.parameters()) for model in shipped.values()]
    assert counts == [model.card.parameters for model in shipped.values()]
    assert max(counts) / min(counts) < 1.03


def test_attention_is_worth_more_the_longer_the_source():
    rows = {name: translation.lengths()[name] for name in translation.NAMES}
    assert [row[:2] for row in rows["attention"]] == [row[:2] for row in rows["encoder-decoder"]]
    gaps = [a[2] - b[2] for a, b in zip(rows["attention"], rows["encoder-decoder"], strict=True)]
    assert gaps[-1] > gaps[0]


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("She is not my sister.", "Elle n'est pas ma sœur."),
        ("I don't want to go to school because it is raining.", "Je ne veux pas aller à l'école parce qu'il pleut."),
    ],
)
def test_attention_translates_what_is_easy(shipped, english, french):
    assert shipped["attention"].translate(english, width=5).text == french


@pytest.mark.parametrize("name", translation.NAMES)
def test_probabilities_sum_to_1_and_attention_too(shipped, name):
    model = shipped[name]
    read = model.read("The dog is sleeping under the table.")
    with torch.no_grad():
        step = model.network.step(read.source, torch.tensor([1]), model.network.first_state(read.source))
    assert float(step.log_probs.double().exp().sum()) == pytest.approx(1, abs=1e-5)
    written = model.translate("The dog is sleeping under the table.")
    assert (written.attention is None) is (name == "encoder-decoder")
    if written.attention is not None:
        torch.testing.assert_close(written.attention.sum(-1), torch.ones(len(written.ids)))


def test_an_unknown_name_is_refused():
    with pytest.raises(ModelError, match="no translator 'transformer'"):
        translation.load("transformer")


PAIRS = [
    Pair("He is here now.", "il est ici maintenant ."),
    Pair("He is here now.", "maintenant il est là ."),
    Pair("I see a dog.", "je vois un grand chien ."),
]


def test_all_translations_of_a_sentence_are_its_references():
    assert measuring.references_of(PAIRS) == {
        "He is here now.": ["il est ici maintenant .", "maintenant il est là ."],
        "I see a dog.": ["je vois un grand chien ."],
    }


def test_bleu_of_a_corpus_counts_the_runs_of_all_sentences():
    references = list(measuring.references_of(PAIRS).values())
    texts = ["il est ici .", "je vois un grand chat ."]
    parts = [
        sentence_bleu(text.split(), [one.split() for one in some]) for text, some in zip(texts, references, strict=True)
    ]
    found, counts = ([sum(numbers) for numbers in zip(*columns, strict=True)] for columns in (
        [part.found for part in parts], [part.counts for part in parts]
    ))  # fmt: skip
    length, reference = sum(part.length for part in parts), sum(part.reference_length for part in parts)
    brevity = min(1.0, math.exp(1 - reference / length))
    expected = brevity * math.exp(sum(math.log(a / b) for a, b in zip(found, counts, strict=True)) / 4)
    score, signature = measuring.bleu(texts, references)
    assert score == pytest.approx(100 * expected)
    assert "nrefs:var" in signature


def test_the_mean_is_over_pairs():
    references = list(measuring.references_of(PAIRS).values())
    texts = ["il est ici maintenant .", "je vois un grand chat ."]
    singles = [
        sentence_bleu(text.split(), [one.split()]).score
        for text, some in zip(texts, references, strict=True)
        for one in some
    ]
    assert len(singles) == 3
    assert measuring.mean_sentence_bleu(texts, references) == pytest.approx(sum(singles) / 3)


def test_sentences_are_sorted_by_length():
    references = {"One.": ["un ."], "One two three four.": ["un deux trois quatre ."], "Two.": ["deux ."]}
    rows = measuring.by_length({one: some[0] for one, some in references.items()}, references)
    assert [row[:2] for row in rows] == [("1–3", 2), ("4–5", 1)]
    assert rows[1][2] == 100.0
