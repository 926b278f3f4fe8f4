"""Taggers: the network against torch's own bidirectional LSTM, words and names by other means, counts by hand."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report, f1_score
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from models.errors import ModelError
from models.mixers.network import keep
from models.tasks import tagging_hmm, tagging_models
from models.tasks.embedding import Vocabulary
from models.tasks.tagging import MOST_CHARACTERS, TAGS, Alphabet, TaggerConfig, TaggerNetwork, possible, sentences_of
from models.tasks.tagging_data import (
    Example,
    TagBatches,
    alphabet_of,
    divided,
    f1,
    own_words,
    read,
    renamed,
    spans,
)
from models.tasks.tagging_models import NeuralTagger, Tagger
from models.tasks.tagging_text import MOST_WORDS, cut
from tests.toys import TASK_CARD

TEXTS = [["Anna", "met", "Zoë", "in", "Paris", "."], ["yes"], ["the", "U.N.", "said", "so"]]
KINDS = [
    TaggerConfig(n_hidden=6, is_bidirectional=both, has_crf=crf, rank=2)
    for both, crf in ((False, False), (True, False), (True, True))
]


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary(["anna", "met", "zoë", "u.n."])


def network_of(config, vocabulary, seed=3):
    alphabet = Alphabet("AaZnPoëristhemydUN.")
    network = TaggerNetwork(config, vocabulary, alphabet, torch.Generator().manual_seed(seed))
    generator = torch.Generator().manual_seed(seed)
    for weights in network.parameters():  # no zeros, behind which a mistake could hide
        weights.data += 0.1 * torch.randn(weights.shape, generator=generator)
    return NeuralTagger(network.requires_grad_(False), vocabulary, alphabet, TASK_CARD)


@pytest.mark.parametrize("config", KINDS, ids=["one way", "both", "crf"])
def test_sentences_of_all_lengths_are_read_as_torchs_packed_lstm_reads_them(config, vocabulary):
    tagger = network_of(config, vocabulary)
    network, sentences = tagger.network, sentences_of(TEXTS, vocabulary, tagger.alphabet)
    theirs = torch.nn.LSTM(150, 6, batch_first=True, bidirectional=config.is_bidirectional)
    for end, cell in zip(("", "_reverse"), network.cells):
        theirs.load_state_dict({f"{k}{end}": v for k, v in cell.state_dict().items()}, strict=False)
    spelling = torch.nn.LSTM(25, 25, batch_first=True, bidirectional=True)
    for end, cell in zip(("", "_reverse"), network.spelling):
        spelling.load_state_dict({f"{k}{end}": v for k, v in cell.state_dict().items()}, strict=False)
    packed = pack_padded_sequence(
        network.characters(sentences.spelled), sentences.spelled_lengths, batch_first=True, enforce_sorted=False
    )
    spelled = torch.cat(tuple(spelling(packed)[1][0]), dim=-1)
    torch.testing.assert_close(
        network.spelled(sentences.spelled, sentences.spelled_lengths), spelled, atol=1e-5, rtol=0
    )
    x = torch.cat([network.embedding(sentences.idx), spelled[sentences.which]], dim=-1)
    h, _ = theirs(pack_padded_sequence(x, sentences.lengths, batch_first=True, enforce_sorted=False))
    expected = network.output(pad_packed_sequence(h, batch_first=True)[0])
    ours = network(sentences)
    for row, length in enumerate(sentences.lengths):
        torch.testing.assert_close(ours[row, :length], expected[row, :length], atol=1e-5, rtol=0)


@pytest.mark.parametrize("config", KINDS, ids=["one way", "both", "crf"])
def test_a_sentence_is_tagged_alike_alone_and_beside_others(config, vocabulary):
    tagger = network_of(config, vocabulary)
    assert isinstance(tagger, Tagger)
    for alone, beside in zip((tagger.tag([text])[0] for text in TEXTS), tagger.tag(TEXTS)):
        assert (alone.words, alone.path) == (beside.words, beside.path)
        torch.testing.assert_close(alone.probs, beside.probs, atol=1e-6, rtol=0)
        assert alone.log_prob == pytest.approx(beside.log_prob, abs=1e-5)
        torch.testing.assert_close(alone.probs.sum(-1), torch.ones(len(alone.words)), atol=1e-5, rtol=0)


def test_later_words_count_only_where_both_directions_are_read(vocabulary):
    for config in KINDS:
        tagger = network_of(config, vocabulary)
        short, long = tagger.tag([TEXTS[0][:3], TEXTS[0]])
        same = torch.allclose(short.probs, long.probs[:3], atol=1e-6)
        assert same is not config.is_bidirectional


def test_the_spelling_counts_of_words_that_are_not_known(vocabulary):
    tagger = network_of(KINDS[0], vocabulary)
    one, other = tagger.tag([["Qxzan"], ["Qxzam"]])
    assert tagger.known("Qxzan").endswith("by its spelling alone")
    assert (one.probs - other.probs).abs().max() > 1e-5
    long = "ab" * MOST_CHARACTERS
    middle = long[:30] + "n" + long[31:]
    torch.testing.assert_close(*(found.probs for found in tagger.tag([[long], [middle]])))


def test_losses_are_cross_entropy_or_a_share_of_the_path(vocabulary):
    tags = torch.tensor([[1, 0, 1, 0, 3, 0], [0, 9, 9, 9, 9, 9], [0, 7, 0, 0, 9, 9]])
    for config in KINDS:
        tagger = network_of(config, vocabulary)
        sentences = sentences_of(TEXTS, vocabulary, tagger.alphabet)
        unary = tagger.network(sentences)
        losses = tagger.network.losses(unary, tags, sentences.lengths)
        assert losses.shape == (11,)
        if tagger.network.crf is None:
            real = torch.cat([row[:n] for row, n in zip(unary, sentences.lengths)])
            gold = torch.cat([row[:n] for row, n in zip(tags, sentences.lengths)])
            torch.testing.assert_close(losses, cross_entropy(real, gold, reduction="none"), atol=1e-5, rtol=0)
        else:
            log_prob = tagger.network.crf.log_prob(unary, tags, sentences.lengths)
            assert losses[:6].sum() == pytest.approx(-float(log_prob[0]), rel=1e-5)
            assert losses[6] == pytest.approx(-float(log_prob[1]), rel=1e-5)


def test_what_is_dropped_is_asked_for_and_gradients_reach_all_weights(vocabulary):
    calls = []
    tagger = network_of(KINDS[2], vocabulary)
    network = tagger.network.requires_grad_(True)
    sentences = sentences_of(TEXTS, vocabulary, tagger.alphabet)

    def drop(x):
        calls.append(x.shape)
        return keep(x)

    unary = network(sentences, drop)
    network.losses(unary, torch.zeros_like(sentences.idx), sentences.lengths).mean().backward()
    assert calls == [(3, 6, 150), (3, 6, 12)]
    assert all(weights.grad is not None and weights.grad.abs().max() > 0 for weights in network.parameters())


def test_a_tagger_is_written_and_read_again(vocabulary, tmp_path):
    tagger = network_of(KINDS[2], vocabulary)
    tagging_models.save(tagger.network, tagger.alphabet, tmp_path / "x.safetensors")
    again = tagging_models.load(tmp_path / "x.safetensors", vocabulary, TASK_CARD)
    assert again.network.config == KINDS[2]
    for one, other in zip(tagger.tag(TEXTS), again.tag(TEXTS)):
        torch.testing.assert_close(one.probs, other.probs, atol=0.02, rtol=0)


def test_nonsense_sizes_are_refused():
    with pytest.raises(ModelError, match="n_hidden is 0"):
        TaggerConfig(n_hidden=0, is_bidirectional=True, has_crf=True)


def test_a_name_goes_on_only_where_it_began():
    rules = possible()
    begins = [tag for tag, may in zip(TAGS, rules.begins) if may]
    assert begins == [tag for tag in TAGS if not tag.startswith("I-")]
    after = {before: {tag for tag, may in zip(TAGS, row) if may} for before, row in zip(TAGS, rules.steps)}
    assert after["O"] == set(begins)
    assert after["B-per"] == after["I-per"] == {*begins, "I-per"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mr. Smith isn't in the U.S.", "Mr. Smith is n't in the U.S."),
        ("John’s dog can’t bark; I'm sure.", "John 's dog ca n't bark ; I 'm sure ."),
        ("George W. Bush paid $10,000 (5%) at 10:30 a.m.", "George W. Bush paid $ 10,000 ( 5 % ) at 10:30 a.m."),
        ("a cease-fire, O'Connor said.", "a cease-fire , O'Connor said ."),
        ("DON'T... go -- now", "DO N'T ... go -- now"),
        ("@anna saw https://a.org/b?c=1. #win 👍🏽", "@anna saw https://a.org/b?c=1 . #win 👍🏽"),
        ("Anna wo n't go .", "Anna wo n't go ."),
    ],
)
def test_typed_text_is_cut_as_the_training_sentences_are(text, words):
    assert [piece.word for piece in cut(text)] == words.split()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_words_cover_all_of_a_text_but_its_spaces(text):
    try:
        pieces = cut(text)
    except ModelError:
        assert not text.strip()
        return
    stops = [0, *(piece.stop for piece in pieces)]
    for stop, piece in zip(stops, pieces):
        assert piece.start >= stop
        assert not text[stop : piece.start].strip()
        assert len(piece.word) == piece.stop - piece.start
    assert not text[stops[-1] :].strip()


def test_what_cannot_be_cut_is_explained():
    with pytest.raises(ModelError, match="no word"):
        cut(" \n")
    with pytest.raises(ModelError, match="at most"):
        cut("word " * (MOST_WORDS + 1))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.sampled_from(TAGS[:7]), min_size=1, max_size=8), min_size=1, max_size=5), st.randoms())
def test_names_are_counted_as_seqeval_counts_them(gold, random):
    said = [[tag if random.random() < 0.7 else random.choice(TAGS[:7]) for tag in tags] for tags in gold]
    if not any(tag != "O" for tags in gold for tag in tags):
        return
    assert f1(gold, said) == pytest.approx(f1_score(gold, said, zero_division=0))
    report = classification_report(gold, gold, output_dict=True, zero_division=0)
    counts = Counter(span.kind for tags in gold for span in spans(tags))
    assert counts == {kind: row["support"] for kind, row in report.items() if not kind.endswith("avg")}


def test_tags_by_other_names():
    assert renamed(["B-per", "I-per", "O", "B-tim"], {"per": "person"}) == ["B-person", "I-person", "O", "O"]


LINES = "Anna\tB-per\n.\tO\n\nIn\tO\nParis\tB-geo\n\nAnna\tB-per\n.\tO\n\t\n"


def test_sentences_are_read_divided_and_never_in_two_parts(tmp_path):
    import lzma

    path = tmp_path / "x.xz"
    path.write_bytes(lzma.compress(LINES.encode()))
    found = read(path)
    assert found[0] == Example(("Anna", "."), ("B-per", "O"))
    assert len(found) == 3
    with_columns = "# text = x\n1\tAnna\tB-PER\t-\tx\n2\t#\tO\t-\t-\n\n"
    path.write_bytes(lzma.compress(with_columns.encode()))
    assert read(path, word=1, tag=2) == [Example(("Anna", "#"), ("B-PER", "O"))]
    many = [Example((str(i % 70), "x"), ("O", "O")) for i in range(100)]
    parts = divided(many, 1)
    assert [len(part) for part in parts] == [56, 7, 7]
    assert len({example.words for part in parts for example in part}) == 70
    assert parts == divided(many, 1)
    assert parts != divided(many, 2)


EXAMPLES = [
    Example(("Anna", "lives", "in", "Paris"), ("B-per", "O", "O", "B-geo")),
    Example(("Paris", "is", "old"), ("B-geo", "O", "O")),
    Example(("Anna", "is", "in", "Rome", "now"), ("B-per", "O", "O", "B-geo", "O")),
    Example(("Anna", "is", "Anna"), ("B-per", "O", "B-per")),
]


def test_words_and_characters_that_are_frequent():
    assert own_words(EXAMPLES, 2) == ["anna", "is", "in", "paris"]
    assert set(alphabet_of(EXAMPLES, 4).characters) == {"A", "n", "a", "i", "s"}


def test_every_sentence_is_in_an_epoch_once_and_some_words_become_unknown(vocabulary):
    batches = TagBatches(EXAMPLES * 10, vocabulary, Alphabet("An"), 7, unknown=0.5)
    epoch = list(batches.epoch(0))
    assert len(epoch) == len(batches) == 6
    assert sum(len(batch.tags) for batch in epoch) == 40
    lengths = Counter(int(n) for batch in epoch for n in batch.sentences.lengths)
    assert lengths == {3: 20, 4: 10, 5: 10}
    anna = [row[0] for batch in epoch for row, tags in zip(batch.sentences.idx, batch.tags) if tags[0] == 1]
    assert 4 < sum(int(one) == 0 for one in anna) < 26
    again = list(batches.epoch(0))
    assert all(torch.equal(one.sentences.idx, other.sentences.idx) for one, other in zip(epoch, again))


def test_a_network_learns_a_few_sentences_by_heart(vocabulary):
    from models.training.loop import Look, Training, TrainingSettings

    alphabet = Alphabet("AnalivesPro")
    network = TaggerNetwork(KINDS[2], vocabulary, alphabet, torch.Generator().manual_seed(1))
    tagger = NeuralTagger(network, vocabulary, alphabet, TASK_CARD)
    gold = [example.tags for example in EXAMPLES]

    def losses(batch, _state, drop, _generator):
        return network.losses(network(batch.sentences, drop), batch.tags, batch.sentences.lengths), None

    training = Training(
        network,
        TagBatches(EXAMPLES, vocabulary, alphabet, 4),
        TrainingSettings(epochs=80.0, learning_rate=0.03, looks=2),
        losses,
        lambda: 1 - f1(gold, [one.tags for one in tagger.tag([example.words for example in EXAMPLES])]),
    )
    looks = [event.held_out_loss for event in training if isinstance(event, Look)]
    assert looks[-1] == 0


def test_counts_by_hand(tmp_path):
    counts = tagging_hmm.counted(EXAMPLES)
    assert counts.words == ("Anna", "is")  # the others are rare: they occur less than three times
    per, geo, none = (TAGS.index(tag) for tag in ("B-per", "B-geo", "O"))
    assert counts.emission[0, per] == 4
    assert counts.initial[per] == 3
    assert counts.transition[none, geo] == 2
    capital = len(counts.words) + counts.classes.index("Capital")
    assert counts.emission[capital, geo] == 3  # Paris twice, Rome once
    tagging_hmm.save(counts, tmp_path / "x.safetensors")
    tagger = tagging_hmm.load(tmp_path / "x.safetensors", TASK_CARD)
    hmm = tagging_hmm.smoothed(counts)
    torch.testing.assert_close(tagger.hmm.log_emission, hmm.log_emission)
    torch.testing.assert_close(hmm.log_emission.exp().sum(1), torch.ones(len(TAGS), dtype=torch.double))
    assert isinstance(tagger, Tagger)
    found = tagger.tag([["Anna", "lives", "in", "Berlin"], ["is"]])
    assert found[0].tags == ["B-per", "O", "O", "B-geo"]
    assert tagger.known("Berlin") == "by its class: Capital"
    assert math.exp(found[1].log_prob) == pytest.approx(float(found[1].probs.max()), abs=1e-6)
    np.testing.assert_allclose(found[0].probs.sum(1), 1, atol=1e-5)


def test_the_smoothing_is_that_of_the_equation():
    counts = tagging_hmm.counted(EXAMPLES)
    hmm, per = tagging_hmm.smoothed(counts), TAGS.index("B-per")
    symbols = [*counts.words, *counts.classes]
    of = [
        next(counts.classes.index(one) for one in tagging_hmm.classes_of(word) if one in counts.classes)
        for word in counts.words
    ] + list(range(len(counts.classes)))
    column = counts.emission[:, per].tolist()
    in_class = [sum(column[i] for i in range(len(symbols)) if of[i] == c) + 0.01 for c in range(len(counts.classes))]
    seen = (counts.emission.sum(1) + 0.5).tolist()
    for i in range(len(symbols)):
        share = seen[i] / sum(seen[k] for k in range(len(symbols)) if of[k] == of[i])
        prior = in_class[of[i]] / sum(in_class) * share
        expected = (column[i] + 1.0 * prior) / (sum(column) + 1.0)
        assert float(hmm.log_emission[per, i]) == pytest.approx(math.log(expected), abs=1e-9)
