"""The models that ship, as they load."""

import math
from dataclasses import replace

import pytest
import torch

import models
from models import registry
from models.card import read_cards
from models.checkpoints import sha256
from models.mixers.hmm import HMM
from models.mixers.hmm_lm import HMMLM
from models.mixers.recurrent import CELLS
from models.prediction import next_token, score
from models.tokens.positions import SCHEMES
from models.tokens.words import END_ID, START_ID, UNKNOWN_ID, CharacterTokenizer, WordTokenizer
from models.zoo import corpus, hmm, neural, ngrams
from models.zoo.spelling import Spelling, tokenizer
from models.zoo.spelling import _spelling as shipped_spelling
from tests.toys import UniformLM

FILES = {"hmm": hmm.WEIGHTS, "ngrams": ngrams.TABLE}
NAMES = [card.name for card in models.catalog() if not card.name.startswith("smollm2")]


@pytest.fixture(scope="module", params=NAMES)
def lm(request):
    return models.load(request.param)


def test_the_catalogue_lists_them():
    counted = ["unigram", "bigram", "trigram", "4-gram", "5-gram", "hmm"]
    recurrent = [*CELLS, *(f"char-{cell}" for cell in CELLS)]
    transformers = [f"transformer-{scheme}" for scheme in SCHEMES]
    assert [*counted, "ffn-2", "ffn-4", "ffn-8", *recurrent, *transformers] == NAMES
    assert all(registry.is_here(name) for name in NAMES)


def test_the_card_is_that_of_the_file(lm):
    assert lm.card.sha256 == sha256(FILES.get(lm.card.family, neural.weights(lm.card.name)))
    is_of_words = lm.tokenizer.vocab_size == corpus.VOCAB_SIZE
    assert is_of_words is not lm.card.name.startswith("char-")
    assert lm.card.vocab_size == lm.tokenizer.vocab_size
    assert lm.tokenizer.tokens([lm.tokenizer.start_id, lm.tokenizer.end_id]) == [lm.card.start_token, lm.card.end_token]
    assert (50 if is_of_words else 3) < lm.card.perplexity < (1000 if is_of_words else 10)
    assert 1 < lm.card.bits_per_character < 3


def test_more_of_the_history_says_more():
    text = "The capital of the United States is a city on the east coast of the country ."
    of = [score(models.load(name), text).total for name in ("unigram", "bigram", "trigram")]
    assert of[0] < of[1] < of[2]
    assert next_token(models.load("trigram"), "in the United").top(1)[0][0] in {"States", "Kingdom"}


def test_all_together_they_take_less_than_they_may():
    folder = corpus.WORDS.parent
    sizes = {
        name: sum(f.stat().st_size for f in (folder / name).iterdir() if f.is_file())
        for name in ("ngrams", "hmm", "spelling", "neural")
    }
    assert sizes["ngrams"] < 10_000_000
    assert sizes["hmm"] < 5_000_000
    assert sizes["spelling"] < 1_000_000
    for file in (neural.weights(card.name) for card in read_cards(neural.CARDS)):
        most = {"char": 1_000_000, "transformer": 2_500_000}.get(file.stem.partition("-")[0], 5_000_000)
        assert file.stat().st_size < most
    shipped = sum(f.stat().st_size for f in folder.rglob("*") if f.suffix in {".safetensors", ".xz", ".txt", ".json"})
    assert shipped <= 55_000_000


def test_the_lstm_knows_more_than_counts_of_five_tokens():
    """Modified Kneser-Ney on all five-grams of the same text has a perplexity of 102 (models/zoo/README.md)."""
    perplexities = {card.name: card.perplexity for card in models.catalog()}
    assert perplexities["lstm"] < perplexities["ffn-8"] < perplexities["ffn-4"] < perplexities["ffn-2"]
    assert perplexities["lstm"] < perplexities["rnn"] < perplexities["5-gram"]


def test_the_transformers_differ_in_their_positions_alone():
    cards = [card for card in models.catalog() if card.name.startswith("transformer-")]
    networks = [models.load(card.name).network for card in cards]
    assert [network.config.positions for network in networks] == list(SCHEMES)
    assert len({replace(network.config, positions="none") for network in networks}) == 1
    assert len({card.training.partition(" tokens")[0] for card in cards}) == 1
    sizes = [card.parameters for card in cards]
    assert max(sizes) < 1.03 * min(sizes)


def test_a_transformer_without_positions_is_not_blind_to_order():
    """The causal mask lets order through; each scheme that ships knows more."""
    perplexities = {card.name: card.perplexity for card in models.catalog()}
    assert perplexities["transformer-none"] < perplexities["bigram"]
    assert perplexities["transformer-rope"] < perplexities["transformer-none"]


def test_an_unknown_word_costs_its_spelling():
    lm = models.load("bigram")
    known, unknown = score(lm, "the old house"), score(lm, "the xyzzyx house")
    assert known.spelling.tolist() == [0, 0, 0]
    assert unknown.token_ids[1] == UNKNOWN_ID
    assert float(unknown.spelling[1]) == pytest.approx(shipped_spelling().log_prob("xyzzyx"), rel=1e-5)
    assert unknown.total == pytest.approx(float((unknown.token_log_probs + unknown.spelling).sum()), rel=1e-6)
    likelier = score(lm, "the Zuckermann house")
    assert likelier.token_ids == unknown.token_ids
    assert float(likelier.spelling[1]) > float(unknown.spelling[1])


def test_a_known_prefix_keeps_its_numbers_whatever_the_unknown_word():
    lm = models.load("bigram")
    one = score(lm, "the xyzzyx house")
    other = score(lm, "the Zuckermann house", after=one)
    assert other.total == pytest.approx(score(lm, "the Zuckermann house").total)
    bare = score(lm, list(one.token_ids))  # of ids alone nobody knows the spelling
    assert bare.spelling.tolist() == [0, 0, 0]
    assert score(lm, list(one.token_ids), written="the xyzzyx house").total == pytest.approx(one.total)


def test_spellings_are_a_distribution_over_all_words():
    class Two:
        """A smoothing over one letter, the end, and the unknown character."""

        counts, order = None, 1

        def probs(self, history):
            return torch.tensor([0.0, 0.5, 0.1, 0.4]).numpy()

    spelling = Spelling(Two(), CharacterTokenizer(["a"]))
    assert spelling.log_prob("aa") == pytest.approx(math.log(0.4 * 0.4 * 0.5))
    assert spelling.log_prob("b") == pytest.approx(math.log(0.1 / 0x110000 * 0.5))
    words = [math.exp(spelling.log_prob("a" * n)) for n in range(40)]
    other = 0.1  # all words with an unknown character, by their first one: 1 - sum of those without
    assert sum(words) == pytest.approx(0.5 / (1 - 0.4))
    assert sum(words) + sum(0.4**n for n in range(60)) * other == pytest.approx(1)


def test_the_tokenizer_spells_only_what_it_does_not_know():
    words = tokenizer()
    assert len(corpus.vocabulary()) == len(set(corpus.vocabulary())) == corpus.VOCAB_SIZE - 3
    spelt = words.spelling("It's the xyzzyx, isn't it?")
    assert [value == 0 for value in spelt] == [True, True, True, False, True, True, True, True, True]


def test_the_hmm_as_a_language_model_is_the_sum_over_all_paths():
    generator = torch.Generator().manual_seed(3)
    rows = [(torch.randn(shape, generator=generator) * 1.5).double().softmax(-1) for shape in ((3,), (3, 3), (3, 5))]
    card = UniformLM().card
    lm = HMMLM(HMM.of(*rows), WordTokenizer(["a", "b"]), card)
    initial, transition, emission = (row.tolist() for row in rows)

    def probability(seen):
        of = initial
        for i, symbol in enumerate(seen):
            of = [p * emission[h][symbol] for h, p in enumerate(of)]
            if i + 1 < len(seen):
                of = [sum(of[h] * transition[h][to] for h in range(3)) for to in range(3)]
        return sum(of)

    history = [3, 4, 4]
    logits = lm.logits(history)
    for stop in range(len(history) + 1):
        for word in range(5):
            wanted = probability([*history[:stop], word]) / (probability(history[:stop]) if stop else 1)
            assert float(logits[stop, word].exp()) == pytest.approx(wanted, rel=1e-4)
    belief = lm.belief(history)
    torch.testing.assert_close(belief.sum(-1), torch.ones(4, dtype=belief.dtype))
    assert lm.top_words(0, 1)[0][1] == pytest.approx(max(emission[0]))


def test_the_shipped_states_are_distributions():
    lm = models.load("hmm")
    torch.testing.assert_close(lm.hmm.log_emission.exp().sum(1), torch.ones(lm.hmm.n_states, dtype=torch.double))
    assert float(lm.hmm.log_emission[:, START_ID].exp().max()) == 0
    assert any(token == "</s>" for state in range(lm.hmm.n_states) for token, _ in lm.top_words(state, 1))
    assert lm.tokenizer.end_id == END_ID


def test_packing_a_model_changes_it_little():
    generator = torch.Generator().manual_seed(1)
    rows = [(torch.randn(shape, generator=generator) * 2).softmax(-1) for shape in ((4,), (4, 4), (4, 50))]
    rows[2][:, START_ID] = 0
    rows[2] /= rows[2].sum(1, keepdim=True)
    model = HMM.of(*rows)
    again = hmm.unpacked(hmm.packed(model))
    observed = torch.tensor([model.sample(200, 5)[1]])
    assert float(again.log_likelihood(observed)[0]) == pytest.approx(
        float(model.log_likelihood(observed)[0]), rel=0.005
    )


def test_sentences_end_where_they_end():
    said = 'Mr. J. Smith said: "Yes." He left in 1984. Why? At 3.5 p.m. (as usual) it rained.'
    assert corpus.sentences(said) == [
        'Mr. J. Smith said: "Yes."',
        "He left in 1984.",
        "Why?",
        "At 3.5 p.m. (as usual) it rained.",
    ]
    documents = corpus.parts([([f"Sentence number {i} is here."] for i in range(200))])
    assert {part: len(found) for part, found in documents.items()} == {"train": 196, "dev": 2, "test": 2}
    assert {document[0] for document in documents["test"]} == {f"Sentence number {i} is here." for i in (0, 100)}
    assert corpus.kept(["Extent.", "See http://x.org for more of it.", "This is one, really."]) == [
        "This is one, really."
    ]
