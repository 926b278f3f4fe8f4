"""The translators by their equations, and searches against trying everything."""

import itertools

import numpy as np
import pytest
import torch

from models.errors import ModelError
from models.mixers.network import keep
from models.tasks.embedding import Vocabulary
from models.tasks.translation import TranslationConfig, Translator
from models.tasks.translation_data import Pair, PairBatches, part_of, read, words_of
from models.tasks.translation_search import searches
from models.tasks.translation_text import MOST_READ, Translation
from models.tasks.translation_words import FrenchVocabulary, english
from models.training.batches import IGNORED
from models.training.loop import Step, TrainingSettings
from tests.toys import TASK_CARD

KINDS = {"encoder-decoder": 0, "attention": 4}
SOURCE = [3, 1, 4, 1, 5]
UNK, START, END = range(3)


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary(["he", "she", "is", "happy", "."])


@pytest.fixture(scope="module", params=KINDS)
def network(request, vocabulary):
    config = TranslationConfig(
        vocab_size=5, n_embd=4, n_encoder=3, n_hidden=6, n_attention=KINDS[request.param], rank=2
    )
    made = Translator(config, vocabulary, torch.Generator().manual_seed(3)).double()
    with torch.no_grad():
        for name, weights in made.named_parameters():
            if weights.dim() == 1:
                weights.uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(len(name)))
    return made


def gru(cell, x, h, suffix=""):
    """The equations of Cho et al., in numpy, with torch's order of the gates."""
    w, u, b, b2 = (
        getattr(cell, f"{part}{suffix}").detach().numpy() for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    sigmoid = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    (xr, xz, xn), (hr, hz, hn) = np.split(w @ x + b, 3), np.split(u @ h + b2, 3)
    r, z = sigmoid(xr + hr), sigmoid(xz + hz)
    return (1 - z) * np.tanh(xn + r * hn) + z * h


def test_the_encoder_is_a_gru_in_one_direction_or_in_two(network):
    x = network.source(torch.tensor(SOURCE)).detach().numpy()
    forward, backward = [np.zeros(3)], [np.zeros(3)]
    for one in x:
        forward.append(gru(network.encoder, one, forward[-1], "_l0"))
    found = network.read(torch.tensor([SOURCE]))
    np.testing.assert_allclose(found.h[0, :, :3].detach(), forward[1:], atol=1e-12)
    if network.config.attends:
        for one in x[::-1]:
            backward.append(gru(network.encoder, one, backward[-1], "_l0_reverse"))
        np.testing.assert_allclose(found.h[0, :, 3:].detach(), backward[:0:-1], atol=1e-12)
        np.testing.assert_allclose(found.last[0].detach(), backward[-1], atol=1e-12)
    else:
        np.testing.assert_allclose(found.last[0].detach(), forward[-1], atol=1e-12)


def test_one_step_by_the_equations(network):
    with torch.no_grad():
        source = network.read(torch.tensor([SOURCE]))
        s = network.first_state(source)
        step = network.step(source, torch.tensor([3]), s)
    v, s0, h = network.begin, s[0].numpy(), source.h[0].numpy()
    np.testing.assert_allclose(s0, np.tanh(v.weight.detach() @ source.last[0] + v.bias.detach()), atol=1e-12)
    if network.config.attends:
        w, u, compare = (one.weight.detach().numpy() for one in (network.query, network.key, network.compare))
        scores = np.array([np.dot(compare[0], np.tanh(w @ s0 + u @ one)) for one in h])
        weights = np.exp(scores) / np.exp(scores).sum()
        context = np.einsum("j,jn->n", weights, h)
        np.testing.assert_allclose(step.scores[0], scores, atol=1e-12)
        np.testing.assert_allclose(step.attention[0], weights, atol=1e-12)
    else:
        context = source.last[0].numpy()
        assert step.attention is None
    table = network.wte.weight.detach().numpy()
    state = gru(network.decoder, np.concatenate([table[3], context]), s0)
    logits = table @ (network.proj.weight.detach().numpy() @ np.concatenate([state, table[3], context]))
    logits += network.bias.detach().numpy()
    np.testing.assert_allclose(step.s[0], state, atol=1e-12)
    np.testing.assert_allclose(step.log_probs[0], logits - np.log(np.exp(logits).sum()), atol=1e-12)


def test_the_decoders_cell_is_torchs(network):
    with torch.no_grad():
        source = network.read(torch.tensor([SOURCE, SOURCE[::-1]]))
        s = network.first_state(source)
        step = network.step(source, torch.tensor([3, 4]), s)
        torch.testing.assert_close(
            step.s, network.decoder(torch.cat([network.wte(torch.tensor([3, 4])), step.context], -1), s)
        )


def _teacher_forced(network, words):
    """ln P of each word when those before it are given, by the pass that is trained."""
    with torch.no_grad():
        hidden = network(torch.tensor([SOURCE]), torch.tensor([[START, *words[:-1]]]), keep)
        logits = hidden @ network.wte.weight.T + network.bias
        return logits[0].log_softmax(-1).gather(1, torch.tensor(words)[:, None])[:, 0]


def test_steps_are_what_the_forward_pass_computes(network):
    words, log_probs, sums = [3, 4, 4, 0, 2], [], []
    with torch.no_grad():
        source = network.read(torch.tensor([SOURCE]))
        s, previous = network.first_state(source), START
        for word in words:
            step = network.step(source, torch.tensor([previous]), s)
            log_probs.append(step.log_probs[0, word])
            sums.append(1.0 if step.attention is None else float(step.attention.sum()))
            s, previous = step.s, word
    torch.testing.assert_close(torch.stack(log_probs), _teacher_forced(network, words))
    np.testing.assert_allclose(sums, 1.0, atol=1e-12)


def test_all_steps_at_once_are_those_taken_one_by_one(network):
    words = [START, 3, 4, 4, 0]
    with torch.no_grad():
        source = network.read(torch.tensor([SOURCE]))
        found, s = network.steps(source, torch.tensor(words)), network.first_state(source)
        for i, word in enumerate(words):
            step = network.step(source, torch.tensor([word]), s)
            for name, row in vars(step).items():
                whole = getattr(found, name)
                assert (whole is None) == (row is None)
                if row is not None:
                    torch.testing.assert_close(whole[i], row[0])
            s = step.s


def test_sentences_side_by_side_are_read_as_alone(network):
    others = [[1, 2, 3, 4, 5], SOURCE]
    both = network.read(torch.tensor(others))
    alone = network.read(torch.tensor([SOURCE]))
    torch.testing.assert_close(both.h[1:], alone.h)
    torch.testing.assert_close(both.last[1:], alone.last)


def _source(network):
    with torch.no_grad():
        return network.read(torch.tensor([SOURCE]))


def test_width_1_is_greedy(network):
    [found] = searches(network, _source(network), [1], START, END, most=6)
    words = []
    while len(words) < 6 and END not in words:
        with torch.no_grad():
            hidden = network(torch.tensor([SOURCE]), torch.tensor([[START, *words]]), keep)
            words.append(int((hidden[0, -1] @ network.wte.weight.T + network.bias).argmax()))
    assert list(found.best().words) == words


@pytest.mark.parametrize("prefix", [(), (4,), (3, 0)])
def test_a_full_width_is_exhaustive(network, prefix):
    most = 4
    [found] = searches(network, _source(network), [5**most], START, END, prefix, most)
    every = {}
    for length in range(len(prefix) + 1, most + 1):
        for rest in itertools.product([0, 1, 3, 4], repeat=length - len(prefix) - 1):
            words = (*prefix, *rest, END)
            every[words] = float(_teacher_forced(network, list(words)).sum())
    assert {one.words for one in found.hypotheses} == set(every)
    assert found.best().words == max(every, key=every.get)
    totals = [one.total for one in found.hypotheses]
    assert totals == sorted(totals, reverse=True)
    np.testing.assert_allclose(totals, [every[one.words] for one in found.hypotheses], atol=1e-9)
    by_length = {words: total / len(words) for words, total in every.items()}
    assert found.best(1.0).words == max(by_length, key=by_length.get)


def test_the_tree_of_a_search_is_whole(network):
    [found] = searches(network, _source(network), [2], START, END, (4,), 6)
    assert found.nodes[0].word == 4
    assert found.nodes[0].rank == 0
    for i, node in enumerate(found.nodes):
        assert node.parent < i
        before = found.nodes[node.parent].total if node.parent >= 0 else 0.0
        assert node.total == pytest.approx(before + node.log_prob, abs=1e-9)
        assert node.parent < 0 or found.nodes[node.parent].kept
    for one in [*found.hypotheses, *found.left()]:
        assert one.words[0] == 4
        np.testing.assert_allclose(one.log_probs, _teacher_forced(network, list(one.words)), atol=1e-9)
    held = {i for one in found.hypotheses for i in one.nodes}
    left = {one.nodes[-1] for one in found.left()}
    assert not held & left
    drawn = held | {i for one in found.left() for i in one.nodes}
    assert drawn == {i for i, node in enumerate(found.nodes) if node.rank == 0 or node.kept or node.ended}


def test_a_forced_end_ends(network):
    [found] = searches(network, _source(network), [3], START, END, (3, END), 6)
    assert [one.words for one in found.hypotheses] == [(3, END)]
    assert found.best().ended


@pytest.mark.parametrize("prefix", [(), (4,)])
def test_searches_side_by_side_find_what_each_finds_alone(network, prefix):
    widths = (2, 1, 5)
    together = searches(network, _source(network), widths, START, END, prefix, 7)
    for width, found in zip(widths, together, strict=True):
        [alone] = searches(network, _source(network), [width], START, END, prefix, 7)
        assert [(one.word, one.parent, one.rank, one.kept, one.ended) for one in found.nodes] == [
            (one.word, one.parent, one.rank, one.kept, one.ended) for one in alone.nodes
        ]
        np.testing.assert_allclose([one.total for one in found.nodes], [one.total for one in alone.nodes], atol=1e-12)
        assert [one.words for one in found.hypotheses] == [one.words for one in alone.hypotheses]


def test_sizes_that_are_none_are_refused():
    with pytest.raises(ModelError, match="n_hidden is 0"):
        TranslationConfig(vocab_size=5, n_embd=4, n_encoder=3, n_hidden=0)
    with pytest.raises(ModelError, match="n_attention is -1"):
        TranslationConfig(vocab_size=5, n_embd=4, n_encoder=3, n_hidden=2, n_attention=-1)


PAIRS = [
    Pair("He is happy.", "Il est heureux."),
    Pair("She is happy.", "Elle est heureuse."),
    Pair("He is here.", "Il est ici."),
    Pair("Is she here?", "Est-elle ici ?"),
    Pair("No.", "Non."),
]


def test_parts_keep_sentences_that_are_nearly_the_same_together(tmp_path):
    assert part_of("He's here!") == part_of("he’s here.")
    several = [f"Sentence {word}." for word in map(str, range(2_000))]
    shares = {part: sum(part_of(one) == part for one in several) / 2_000 for part in ("train", "dev", "test")}
    assert shares["train"] == pytest.approx(0.95, abs=0.02)
    path = tmp_path / "pairs.txt"
    long = "word " * 26
    path.write_text("".join(f"{one.english}\t{one.french}\n" for one in PAIRS) + f"{long}\tmot\n", encoding="utf-8")
    parts = read(path)
    assert sorted(pair.english for pairs in parts.values() for pair in pairs) == sorted(one.english for one in PAIRS)
    assert all(part_of(pair.english) == part for part, pairs in parts.items() for pair in pairs)


def test_words_are_those_that_occur_often():
    ours, theirs = words_of(PAIRS, 3, 3)
    assert ours == [".", "is"]
    assert theirs[0] == "."
    assert len(theirs) == 3


def test_a_batch_has_sources_of_one_length_and_an_epoch_every_pair():
    sources = [list(range(1, 1 + length)) for length in (3, 2, 3, 3, 2, 5)]
    targets = [[START, *range(3, 3 + i), END] for i in range(6)]
    batches = PairBatches(sources, targets, 2)
    seen = []
    for batch in batches.epoch(4):
        assert len(batch.source) <= 2
        for source, inputs, wanted in zip(batch.source.tolist(), batch.inputs.tolist(), batch.targets.tolist()):
            words = [word for word in wanted if word != IGNORED]
            assert inputs[: len(words)] == [START, *words[:-1]]
            assert words[-1] == END
            seen.append((source, words))
    assert sorted(seen) == sorted((source, target[1:]) for source, target in zip(sources, targets))
    assert len(list(batches.epoch(0))) == len(batches)
    first, again = (torch.cat([batch.inputs.flatten() for batch in batches.epoch(7)]) for _ in range(2))
    torch.testing.assert_close(first, again)


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_a_few_pairs_are_learned_by_heart(name):
    from models.zoo.translation.__main__ import evaluate, training_of

    parts = {"train": PAIRS * 2, "dev": PAIRS, "test": []}
    settings = TrainingSettings(epochs=30.0, learning_rate=1e-2, looks=2)
    training, source, target = training_of(name, parts, settings)
    losses = [event.loss for event in training if isinstance(event, Step)]
    assert losses[-1] < 0.1 * losses[0]
    model = Translation(training.network, source, target, TASK_CARD)
    assert model.translate("She is happy.").text == "Elle est heureuse."
    assert model.translate("Is she here?", width=3).text == "Est-elle ici ?"
    assert evaluate(training.network, _batches(source, target)) < 0.5


def _batches(source, target):
    from models.zoo.translation.__main__ import batches_of

    return batches_of(PAIRS, source, target, 4)


@pytest.fixture(scope="module")
def untrained(vocabulary):
    words = FrenchVocabulary(["il", "elle", "est", "l'", "."])
    config = TranslationConfig(vocab_size=words.size, n_embd=4, n_encoder=3, n_hidden=6, n_attention=4, rank=2)
    return Translation(Translator(config, vocabulary), vocabulary, words, TASK_CARD)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "word " * 500,
        "👩‍👩‍👧‍👦 🏳️‍🌈",
        "Привет, мир!",
        "שלום",
        "<script>alert(1)</script>",
        "\x00\x1b[31m\u202e",
        "e" * 100_000,
    ],
)
def test_any_text_is_translated(untrained, text):
    read = untrained.read(text)
    assert len(read.pieces) == min(MOST_READ, len(english(text)))
    assert len(read.pieces) + read.left_out == len(english(text))
    written = untrained.write(read, untrained.search(read, 3).best().words)
    assert written.attention.shape == (len(written.ids), len(read.pieces))
    torch.testing.assert_close(written.attention.sum(-1), torch.ones(len(written.ids)))
    assert len(written.words) == len(written.instead) == len(written.log_probs)


def test_words_are_known_in_three_ways(untrained):
    read = untrained.read("He saw Zzyzx, he is happy.")
    assert dict(zip(read.words, read.known)) == {
        "He": "trained", "he": "trained", "saw": "vector", "Zzyzx": "unknown", ",": "unknown", "is": "trained",
        "happy": "trained", ".": "trained",
    }  # fmt: skip
    assert read.named("unknown") == ["Zzyzx", ","]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_nothing_to_translate_is_said(untrained, text):
    with pytest.raises(ModelError, match="nothing to translate"):
        untrained.read(text)
