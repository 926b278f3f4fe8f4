"""GloVe: its counts by brute force, its steps by torch's AdaGrad, and what it learns."""

import numpy as np
import pytest
import torch

from models.errors import ModelError
from models.tokens import glove, running_words
from models.tokens.glove import Counts, GloveSettings, GloveTraining
from models.tokens.running_words import RunningWords

_LINES = ["the king loves the queen", "the queen loves the king", "a man and a woman", "king man queen woman the a"]


def _by_hand(text: RunningWords, window: int) -> np.ndarray:
    counts, sentence = np.zeros((len(text.words),) * 2), []
    for word in [*text.ids.tolist(), -1]:
        if word >= 0:
            sentence.append(word)
            continue
        for i, one in enumerate(sentence):
            for j, other in enumerate(sentence):
                if 0 < abs(i - j) <= window:
                    counts[one, other] += 1 / abs(i - j)
        sentence = []
    return counts


def _counted(text: RunningWords, window: int) -> np.ndarray:
    *shares, counts = glove.count(text, window)
    assert shares[-1] == 1.0
    return counts.toarray()  # type: ignore[union-attr, no-any-return]


@pytest.mark.parametrize("window", [1, 3, 10])
def test_counts_are_those_of_brute_force(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = running_words.read(_LINES * 5)
    expected = _by_hand(text, window)
    np.testing.assert_allclose(_counted(text, window), expected, rtol=1e-5)
    monkeypatch.setattr(glove, "_COUNTED", 7)  # slices whose ends fall between and within sentences
    np.testing.assert_allclose(_counted(text, window), expected, rtol=1e-5)


def test_a_pair_of_a_word_with_itself_counts_from_both_sides() -> None:
    assert _counted(running_words.read(["a a b"]), 1).tolist() == [[2, 1], [1, 0]]


def test_the_loss_is_the_papers() -> None:
    weights, how = glove.fresh(4, 3, seed=1), GloveSettings(n_embd=3, x_max=10.0, alpha=0.75)
    counts = Counts(np.array([0, 2], np.int32), np.array([1, 1], np.int32), np.array([5.0, 40.0], np.float32))
    w, c, b, d = weights.parts
    expected = [
        (5 / 10) ** 0.75 * (w[0] @ c[1] + b[0] + d[1] - np.log(5)) ** 2,
        1.0 * (w[2] @ c[1] + b[2] + d[1] - np.log(40)) ** 2,
    ]
    parts = tuple(torch.from_numpy(part) for part in weights.parts)
    assert glove.losses(parts, counts, how).tolist() == pytest.approx(expected, rel=1e-5)  # type: ignore[arg-type]


def test_compiled_steps_are_those_of_torchs_adagrad() -> None:
    text, how = running_words.read(_LINES * 5), GloveSettings(n_embd=5, window=3, x_max=20.0)
    *_, table = glove.count(text, how.window)
    counts = glove._shuffled(table, seed=1)  # type: ignore[arg-type]
    ours, theirs = (glove.fresh(len(text.words), how.n_embd, seed=1) for _ in range(2))
    squares = [np.zeros_like(part) for part in ours.parts]
    parts = [torch.from_numpy(part).requires_grad_() for part in theirs.parts]
    adagrad = torch.optim.Adagrad(parts, lr=how.learning_rate, eps=1e-10)
    for pair in range(len(counts.word)):
        adagrad.zero_grad()
        glove.losses(tuple(parts), counts.part(slice(pair, pair + 1)), how).sum().backward()  # type: ignore[arg-type]
        adagrad.step()
    glove._fit_part(ours, squares, counts, how, 0, len(counts.word))
    for one, other in zip(ours.parts, parts):
        np.testing.assert_allclose(one, other.detach().numpy(), atol=1e-5)


def test_fitting_comes_near_the_logarithms_of_the_counts() -> None:
    text = running_words.read(_LINES * 40)
    training = GloveTraining(text, GloveSettings(n_embd=8, window=3, x_max=20.0, epochs=2000, learning_rate=0.1))
    assert np.isnan(training.loss())
    done = list(training)
    assert done[0] == 0  # counting comes first
    assert done[-1] == training.of
    assert training.words == 2000 * text.length
    assert training.loss() < 0.01
    table = _counted(text, 3)
    weights = training._weights
    fitted = weights.vectors.target @ weights.vectors.context.T + weights.target_bias[:, None] + weights.context_bias
    seen = table > 20
    assert training._unseen is not None
    seen[training._unseen.word, training._unseen.neighbour] = False
    np.testing.assert_allclose(fitted[seen], np.log(table[seen]), atol=0.2)


def test_held_out_pairs_are_never_learned() -> None:
    random = np.random.default_rng(1)
    text = running_words.read(" ".join(random.choice([*"abcdefghijklmnopqrstuvwxyz"], 30)) for _ in range(50))
    training = GloveTraining(text, GloveSettings(n_embd=4, window=3, x_max=20.0, epochs=30))
    list(training)
    learned, held = (
        {*zip(part.word.tolist(), part.neighbour.tolist(), strict=True)}
        for part in (training._counts, training._unseen)
        if part is not None
    )
    assert held
    assert not learned & held
    assert not {(other, one) for one, other in learned} & held
    table = _counted(text, 3)
    assert learned | held == {*zip(*(axis.tolist() for axis in table.nonzero()), strict=True)}
    weights = training._weights
    fitted = weights.vectors.target @ weights.vectors.context.T + weights.target_bias[:, None] + weights.context_bias
    expected = [min(1, table[pair] / 20) ** 0.75 * (fitted[pair] - np.log(table[pair])) ** 2 for pair in held]
    assert training.held_out_loss() == pytest.approx(np.mean(expected), rel=1e-4)


def test_a_text_without_pairs_is_refused() -> None:
    with pytest.raises(ModelError, match="near each other"):
        list(GloveTraining(running_words.read(["one", "two"] * 30), GloveSettings()))


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ModelError, match="x_max is 0"):
        GloveSettings(x_max=0.0)
    with pytest.raises(ModelError, match="epochs is -1"):
        GloveSettings(epochs=-1)
