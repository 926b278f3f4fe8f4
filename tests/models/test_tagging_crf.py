"""The CRF against brute force: all paths of short sentences, written out."""

import itertools
import math

import pytest
import torch

from models.tasks.crf import CRF, Possible

TAGS, LENGTHS = 3, [4, 1, 3]


@pytest.fixture
def case():
    generator = torch.Generator().manual_seed(5)
    crf = CRF(TAGS).double().requires_grad_(False)
    for weights in crf.parameters():
        weights.data = torch.randn(weights.shape, generator=generator, dtype=torch.double)
    unary = torch.randn(len(LENGTHS), max(LENGTHS), TAGS, generator=generator, dtype=torch.double)
    return crf, unary, torch.tensor(LENGTHS)


def paths(crf, unary):
    """Every path of a sentence and its score, by the definition."""
    found = {}
    for path in itertools.product(range(TAGS), repeat=len(unary)):
        score = float(crf.initial[path[0]] + crf.final[path[-1]])
        score += sum(float(unary[t, tag]) for t, tag in enumerate(path))
        found[path] = score + sum(float(crf.transition[i, j]) for i, j in itertools.pairwise(path))
    return found


def test_scores_sums_marginals_and_best_paths_are_those_of_all_paths(case):
    crf, unary, lengths = case
    log_partition, marginals = crf.log_partition(unary, lengths), crf.marginals(unary, lengths)
    for i, length in enumerate(LENGTHS):
        every = paths(crf, unary[i, :length])
        total = sum(math.exp(score) for score in every.values())
        assert float(log_partition[i]) == pytest.approx(math.log(total), abs=1e-9)
        for t, tag in itertools.product(range(length), range(TAGS)):
            through = sum(math.exp(score) for path, score in every.items() if path[t] == tag)
            assert float(marginals[i, t, tag]) == pytest.approx(through / total, abs=1e-9)
        best = crf.viterbi(unary, lengths)[i]
        assert best.path == list(max(every, key=every.__getitem__))
        assert best.score == pytest.approx(max(every.values()), abs=1e-9)
        for path, score in itertools.islice(every.items(), 0, None, 5):
            tags = torch.full((3, 4), 2)  # what stands beyond the end must not count
            tags[i, :length] = torch.tensor(path)
            assert float(crf.path_score(unary, tags, lengths)[i]) == pytest.approx(score, abs=1e-9)
            log_prob = float(crf.log_prob(unary, tags, lengths)[i])
            assert math.exp(log_prob) == pytest.approx(math.exp(score) / total, abs=1e-9)


def test_every_pointer_leads_to_the_best_path_that_ends_there(case):
    crf, unary, lengths = case
    best = crf.viterbi(unary, lengths)[0]
    assert best.pointers[0].tolist() == [-1] * TAGS
    for t, tag in itertools.product(range(1, 4), range(TAGS)):
        ending = {
            path: score - float(crf.final[path[-1]])
            for path, score in paths(crf, unary[0, : t + 1]).items()
            if path[-1] == tag
        }
        assert float(best.scores[t, tag]) == pytest.approx(max(ending.values()), abs=1e-9)
        assert int(best.pointers[t, tag]) == max(ending, key=ending.__getitem__)[-2]


def test_the_gradient_of_ln_z_is_the_marginals(case):
    crf, unary, lengths = case
    x = unary.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(crf.log_partition(x, lengths).sum(), x)
    marginals = crf.marginals(unary, lengths)
    for i, length in enumerate(LENGTHS):
        torch.testing.assert_close(gradient[i, :length], marginals[i, :length], atol=1e-9, rtol=0)
        assert not gradient[i, length:].any()


def test_steps_that_are_not_possible_are_not_taken(case):
    crf, unary, lengths = case
    crf.transition.data[0, 2] = crf.initial.data[2] = 20.0  # what would always be taken
    possible = Possible(torch.tensor([True, True, False]), torch.tensor([[1, 1, 0], [1, 1, 1], [1, 1, 1]]).bool())
    free, bound = crf.viterbi(unary, lengths), crf.viterbi(unary, lengths, possible)
    assert free[0].path[0] == 2
    for i, length in enumerate(LENGTHS):
        every = {
            path: score
            for path, score in paths(crf, unary[i, :length]).items()
            if path[0] != 2 and (0, 2) not in itertools.pairwise(path)
        }
        assert bound[i].path == list(max(every, key=every.__getitem__))
        assert bound[i].score == pytest.approx(max(every.values()), abs=1e-9)


def test_scores_may_be_large(case):
    crf, unary, lengths = case
    shifted = crf.log_partition(unary + 1_000, lengths)
    torch.testing.assert_close(shifted, crf.log_partition(unary, lengths) + 1_000 * lengths, atol=1e-6, rtol=0)
