"""word2vec: its gradients by hand, a step in numpy, and the compiled steps, which are the same."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch

from models.errors import ModelError
from models.tokens import running_words, word2vec, word2vec_batched, word2vec_kernel
from models.tokens.running_words import RunningWords
from models.tokens.word2vec import METHODS, Example, Settings, Vectors
from models.tokens.word2vec_batched import BatchedTraining
from models.tokens.word2vec_kernel import Draws
from models.tokens.word2vec_training import Training

_LINES = ["the king loves the queen", "the queen loves the king", "a man and a woman", "king man queen woman the a"]


@pytest.fixture
def text() -> RunningWords:
    return running_words.read(_LINES * 5)


def settings(method: str = "skip-gram", **others: object) -> Settings:
    return Settings(**{"n_embd": 6, "window": 3, "negatives": 4, "subsample": 0.1, "method": method} | others)  # type: ignore[arg-type]


def vectors(vocab_size: int, seed: int = 0) -> Vectors:
    random = np.random.default_rng(seed)
    return Vectors(*(random.normal(0, 0.5, (vocab_size, 6)).astype(np.float32) for _ in range(2)))


def test_words_of_a_text_are_counted_and_numbered_by_frequency() -> None:
    text = running_words.read(["The cat, the DOG!", "the 3 dogs: dog"])
    assert text.words == ("the", "dog", "cat", "dogs")
    assert text.counts.tolist() == [3, 2, 1, 1]
    assert text.ids.tolist() == [0, 2, 0, 1, -1, 0, 3, 1, -1]
    assert text.length == 7
    assert text.of(["dog eats cat"]).ids.tolist() == [1, 2, -1]
    assert text.joined().ids.tolist() == [0, 2, 0, 1, 0, 3, 1]


def test_rare_words_are_left_out() -> None:
    assert running_words.read(["a b a b c"], least=2).ids.tolist() == [0, 1, 0, 1, -1]
    assert running_words.read(["a b a b c b"], most=2).words == ("b", "a")
    with pytest.raises(ModelError, match="two different words"):
        running_words.read(["one one", "1 2 3"])
    with pytest.raises(ModelError, match="5 times"):
        running_words.read(["one two"], least=5)


def test_each_twentieth_sentence_is_held_out() -> None:
    text = running_words.read([f"word{'x' * i} again" for i in range(100)])
    learned, held_out = text.split()
    ends = np.flatnonzero(text.ids == -1)
    assert (learned.ids == -1).sum() == 95
    assert (held_out.ids == -1).sum() == 5
    assert held_out.ids[0] == text.ids[ends[18] + 1]
    one_line = running_words.read(["a b " * 100])
    learned, held_out = one_line.split()
    assert np.concatenate([learned.ids, held_out.ids]).tolist() == one_line.ids.tolist()
    assert 5 < len(held_out.ids) < 15


@pytest.mark.parametrize("method", METHODS)
def test_the_loss_is_the_lectures(method: str) -> None:
    v = vectors(7)
    negatives = [[3, 4], [5, 6]] if method == "skip-gram" else [[3, 4]]
    example = Example(0, np.array([1, 2]), np.array(negatives))

    def sigmoid(x: float) -> float:
        return float(1 / (1 + np.exp(-x)))

    if method == "skip-gram":
        expected = [
            -np.log(sigmoid(v.target[0] @ v.context[p]))
            - sum(np.log(1 - sigmoid(v.target[0] @ v.context[n])) for n in ns)
            for p, ns in zip([1, 2], negatives)
        ]
    else:
        h = (v.context[1] + v.context[2]) / 2
        expected = [-np.log(sigmoid(h @ v.target[0])) - sum(np.log(1 - sigmoid(h @ v.target[n])) for n in negatives[0])]
    look = word2vec.look(v, example, method)
    assert look.losses.sum(1) == pytest.approx(expected, rel=1e-5)
    assert look.loss == pytest.approx(sum(expected), rel=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_gradients_by_hand_are_those_of_autograd_and_of_differences(method: str, text: RunningWords) -> None:
    how = settings(method)
    example = next(word2vec_kernel.examples(text, Draws.of(text, how), how, start=0, stop=50, seed=1))
    v = vectors(len(text.words))
    look = word2vec.look(v, example, method)
    moved = v.copy()
    word2vec.step(moved, example, method, 1.0)  # a rate of 1: the change is the gradient
    np.testing.assert_allclose(v.target - moved.target, look.target_gradient, atol=1e-6)
    np.testing.assert_allclose(v.context - moved.context, look.context_gradient, atol=1e-6)
    for name in ("target", "context"):
        row = int(np.abs(getattr(look, f"{name}_gradient")).sum(1).argmax())
        little = np.float32(1e-2)
        up, down = v.copy(), v.copy()
        getattr(up, name)[row, 2] += little
        getattr(down, name)[row, 2] -= little
        slope = (word2vec.look(up, example, method).loss - word2vec.look(down, example, method).loss) / (2 * little)
        assert slope == pytest.approx(getattr(look, f"{name}_gradient")[row, 2], abs=2e-3)


def test_a_step_is_that_of_a_reference_in_numpy() -> None:
    v = vectors(6)
    example = Example(0, np.array([1]), np.array([[2, 3]]))
    t, c = v.target[0].astype(float), v.context[[1, 2, 3]].astype(float)
    pull = 1 / (1 + np.exp(-c @ t)) - np.array([1, 0, 0])
    moved = v.copy()
    word2vec_kernel.step(moved, example, "skip-gram", 0.3)
    np.testing.assert_allclose(moved.target[0], t - 0.3 * pull @ c, atol=1e-6)
    np.testing.assert_allclose(moved.context[[1, 2, 3]], c - 0.3 * pull[:, None] * t, atol=1e-6)
    assert np.array_equal(moved.target[1:], v.target[1:])


@pytest.mark.parametrize("method", METHODS)
def test_the_compiled_trainer_takes_the_readable_steps(method: str, text: RunningWords) -> None:
    how, v = settings(method), vectors(len(text.words))
    draws = Draws.of(text, how)
    examples = list(word2vec_kernel.examples(text, draws, how, start=0, stop=len(text.ids), seed=3))
    slow, one_by_one, fast = v.copy(), v.copy(), v.copy()
    for example in examples:
        word2vec.step(slow, example, method, 0.05)
        word2vec_kernel.step(one_by_one, example, method, 0.05)
    word2vec_kernel.train(fast, text, draws, how, start=0, stop=len(text.ids), rates=(0.05, 0.05), seed=3)
    assert len(examples) > 50
    for other in (one_by_one, fast):
        np.testing.assert_allclose(other.target, slow.target, atol=1e-5)
        np.testing.assert_allclose(other.context, slow.context, atol=1e-5)
    assert np.abs(slow.target - v.target).max() > 0.1


def test_neighbours_are_within_the_window_and_the_sentence(text: RunningWords) -> None:
    how = settings("cbow", window=2, subsample=0.0)
    found = list(word2vec_kernel.examples(text, Draws.of(text, how), how, start=0, stop=len(text.ids), seed=2))
    assert len(found) == text.length  # nothing is left out, so each word is a centre
    centres = text.ids[text.ids != -1]
    assert [one.centre for one in found] == centres.tolist()
    reaches = set()
    for one, place in zip(found, np.flatnonzero(text.ids != -1)):
        line = [int(i) for i in place + np.array([-2, -1, 0, 1, 2]) if 0 <= i < len(text.ids)]
        near = [i for i in line if i == place or -1 not in text.ids[min(i, place) : max(i, place) + 1]]
        by_reach = {r: [int(text.ids[i]) for i in near if 0 < abs(i - place) <= r] for r in (1, 2)}
        assert one.contexts.tolist() in by_reach.values()
        reaches |= {r for r, words in by_reach.items() if words == one.contexts.tolist()}
        assert one.centre not in one.negatives
    assert reaches == {1, 2}


def test_pairs_of_skip_gram_are_the_neighbours_in_both_directions(text: RunningWords) -> None:
    how = settings(window=1, subsample=0.0)
    found = list(word2vec_kernel.examples(text, Draws.of(text, how), how, start=0, stop=len(text.ids), seed=2))
    beside = [(int(a), int(b)) for a, b in pairwise(text.ids) if a != -1 and b != -1]
    pairs = Counter((one.centre, int(one.contexts[0])) for one in found)
    assert pairs == Counter([*beside, *((b, a) for a, b in beside)])
    assert all(one.contexts[0] not in one.negatives and one.negatives.shape == (1, how.negatives) for one in found)


def test_negatives_are_drawn_by_count_to_the_power() -> None:
    text = running_words.read(["a " * 100 + "b " * 30 + "c " * 10 + "d"])
    how = Settings(n_embd=2, window=1, negatives=20, subsample=0.0)
    draws = Draws.of(text, how)
    expected = text.counts**0.75 / (text.counts**0.75).sum()
    size = len(text.words)
    of_alias = (draws.share + np.array([((1 - draws.share) * (draws.alias == i)).sum() for i in range(size)])) / size
    np.testing.assert_allclose(of_alias, expected, atol=1e-6)
    # Those of a word that is no positive of the pair: drawn again whenever it is the positive.
    found = list(word2vec_kernel.examples(text, draws, how, start=0, stop=90, seed=5))
    drawn = np.bincount(np.concatenate([one.negatives.ravel() for one in found]), minlength=size)
    assert drawn[0] == 0
    np.testing.assert_allclose(drawn[1:] / drawn.sum(), expected[1:] / expected[1:].sum(), atol=0.03)


def test_a_word_that_is_nearly_the_whole_text_is_not_drawn_for_ever() -> None:
    text = running_words.read(["a " * 1_000_000 + "b a c"])
    how = Settings(n_embd=2, window=1, negatives=5, subsample=0.0)
    found = list(word2vec_kernel.examples(text, Draws.of(text, how), how, start=0, stop=3_000, seed=1))
    drawn = np.concatenate([one.negatives.ravel() for one in found])
    assert set(drawn.tolist()) == {1, 2}
    assert np.mean(drawn == 1) == pytest.approx(0.5, abs=0.02)


def test_the_others_are_drawn_by_their_share() -> None:
    probability = np.array([0.5, 0.2, 0.2, 0.1])
    for positive in range(4):
        others = probability.copy()
        others[positive] = 0
        units = (np.arange(1_000) + 0.5) / 1_000
        drawn = [word2vec_kernel._other(probability.cumsum(), positive, unit) for unit in units]
        np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 1_000, others / others.sum(), atol=2e-3)
    assert word2vec_kernel._other(probability.cumsum(), 3, 1.0) == 2  # rounding may lead past the end


def test_frequent_words_are_left_out_at_times() -> None:
    counts = np.array([900, 90, 10])
    share = counts / 1000
    expected = np.minimum(1, np.sqrt(0.01 / share) + 0.01 / share)
    np.testing.assert_allclose(word2vec.keep_probability(counts, 0.01), expected, rtol=1e-5)
    text = running_words.read(["a " * 9000 + "b " * 1000])
    how = Settings(method="cbow", n_embd=2, window=1, negatives=1, subsample=0.01)
    found = list(word2vec_kernel.examples(text, Draws.of(text, how), how, start=0, stop=len(text.ids), seed=1))
    kept = sum(one.centre == 0 for one in found) / 9000
    assert kept == pytest.approx(np.sqrt(0.01 / 0.9) + 0.01 / 0.9, abs=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_training_brings_words_of_one_kind_together(method: str) -> None:
    lines = [f"{animal} {verb}" for animal in ("cat", "dog", "cow") for verb in ("eats", "sleeps", "runs")]
    others = [f"{metal} {use}" for metal in ("iron", "gold", "lead") for use in ("rusts", "melts", "shines")]
    text = running_words.read((lines + others) * 20)
    training = Training(text, settings(method, epochs=40, subsample=0.0, learning_rate=0.1))
    before, unseen_before = training.loss(), training.held_out_loss()
    words = 0
    for _ in training:
        assert training.words > words
        words = training.words
    assert words == 40 * training._learned.length
    assert training.loss() < before - 0.3
    assert training.held_out_loss() < unseen_before - 0.3
    rows = {word: training.vectors.target[text.words.index(word)] for word in ("cat", "dog", "iron")}
    unit = {word: row / np.linalg.norm(row) for word, row in rows.items()}
    assert unit["cat"] @ unit["dog"] > unit["cat"] @ unit["iron"] + 0.5


@pytest.mark.parametrize("method", METHODS)
def test_the_loss_of_training_is_the_loss_of_its_examples(method: str, text: RunningWords) -> None:
    training = Training(text, settings(method))
    list(training)
    looks = [word2vec.look(training.vectors, example, method) for example in training._seen.examples]
    assert training.loss() == pytest.approx(sum(one.loss for one in looks) / sum(len(one.losses) for one in looks))


def test_the_same_seed_gives_the_same_vectors(text: RunningWords) -> None:
    one, same, other = (Training(text, settings(seed=seed)) for seed in (1, 1, 2))
    for training in (one, same, other):
        list(training)
    assert np.array_equal(one.vectors.target, same.vectors.target)
    assert not np.array_equal(one.vectors.target, other.vectors.target)


def test_two_threads_do_all_of_the_work(text: RunningWords) -> None:
    alone, two = Training(text, settings(epochs=30)), Training(text, settings(epochs=30), threads=2)
    for training in (alone, two):
        list(training)
    assert two.words == alone.words
    assert two.loss() == pytest.approx(alone.loss(), abs=0.3)


def test_the_parts_of_a_words_vector() -> None:
    v = vectors(3)
    assert np.array_equal(v.word_vectors("sum"), v.target + v.context)
    assert np.array_equal(v.word_vectors("concatenation"), np.hstack([v.target, v.context]))
    assert np.array_equal(v.word_vectors("target"), v.target)
    assert v.word_vectors("target") is not v.target
    with pytest.raises(ModelError, match="'mean' is no part"):
        v.word_vectors("mean")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"method": "glove"}, "skip-gram or cbow"), ({"window": 0}, "window is 0"), ({"learning_rate": 0.0}, "over 0")],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        Settings(**wrong)  # type: ignore[arg-type]


def test_a_text_without_pairs_is_no_trouble() -> None:
    training = Training(running_words.read(["one", "two"] * 30), settings())
    list(training)
    assert np.isnan(training.loss())


def test_a_batched_step_is_the_gradient_of_its_loss(text: RunningWords) -> None:
    how = settings(learning_rate=0.1)
    training = BatchedTraining(text, how, torch.device("cpu"))
    training._context.normal_(0, 0.5, generator=torch.Generator().manual_seed(1))
    target, context = (part.clone().requires_grad_() for part in (training._target, training._context))
    centres = torch.tensor([0, 1, 2, 1])
    contexts = torch.tensor([[1, 2], [3, 0], [4, 4], [0, 5]])
    is_pair = torch.tensor([[True, True], [True, False], [True, True], [False, False]])
    drawn = torch.arange(64).remainder(len(text.words))[None]
    loss = word2vec_batched.batch_loss(target, context, centres, contexts, is_pair, drawn, how.negatives)
    by_hand = torch.zeros(())
    for centre, words, here in zip(centres, contexts, is_pair):
        for word in words[here]:
            by_hand -= torch.log(torch.sigmoid(target[centre] @ context[word]))
            by_hand -= 4 / 64 * torch.log(1 - torch.sigmoid(context[drawn[0]] @ target[centre])).sum()
    assert loss.item() == pytest.approx(by_hand.item(), rel=1e-5)
    by_target, by_context = torch.autograd.grad(loss, (target, context))
    training._step(centres, contexts, is_pair, drawn)
    np.testing.assert_allclose(training._target, (target - 0.1 * by_target).detach(), atol=1e-5)
    np.testing.assert_allclose(training._context, (context - 0.1 * by_context).detach(), atol=1e-5)


def test_batches_pair_the_words_within_window_and_sentence() -> None:
    text = running_words.read(["a b c d e f", "g h"])
    training = BatchedTraining(text, Settings(n_embd=2, window=1), torch.device("cpu"))
    ids = torch.from_numpy(text.ids).long()
    places = (ids != -1).nonzero().squeeze(1)
    contexts, is_pair = training._neighbours(ids, (ids == -1).cumsum(0), places)
    found = {text.words[ids[p]]: [text.words[w] for w in row[here]] for p, row, here in zip(places, contexts, is_pair)}
    first, second = "abcdef", "gh"
    expected = {
        word: [other for other in sentence if abs(ord(other) - ord(word)) == 1]
        for sentence in (first, second)
        for word in sentence
    }
    assert found == expected


def test_batched_training_learns_what_the_compiled_one_learns() -> None:
    lines = [f"{animal} {verb}" for animal in ("cat", "dog", "cow") for verb in ("eats", "sleeps", "runs")]
    others = [f"{metal} {use}" for metal in ("iron", "gold", "lead") for use in ("rusts", "melts", "shines")]
    text, how = running_words.read((lines + others) * 20), settings(epochs=40, subsample=0.0, learning_rate=0.1)
    compiled, batched = Training(text, how), BatchedTraining(text, how, torch.device("cpu"))
    for training in (compiled, batched):
        list(training)
    assert batched.words == compiled.words
    assert batched.loss() == pytest.approx(compiled.loss(), abs=0.2)
    with pytest.raises(ModelError, match="CBOW on the CPU"):
        BatchedTraining(text, settings("cbow"), torch.device("cpu"))


@pytest.mark.gpu
def test_batched_training_learns_on_a_gpu(text: RunningWords) -> None:
    training = BatchedTraining(text, settings(epochs=30), torch.device("cuda"))
    before = training.loss()
    list(training)
    assert training.loss() < before
