import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes

from models.tokens.alignment import aligned, plane


def turned(points, angle, *, mirrored=False):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        turn = turn @ np.diag([1, -1])
    return (points @ turn).astype(np.float32)


@pytest.fixture
def random():
    return np.random.default_rng(3)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("angle", [0.0, 0.7, np.pi, 4.0])
def test_a_mere_turn_is_undone(random, angle, mirrored):
    points = random.normal(size=(30, 2)).astype(np.float32)
    np.testing.assert_allclose(aligned(turned(points, angle, mirrored=mirrored), points), points, atol=1e-5)


def test_it_is_scipys_procrustes_and_leaves_distances(random):
    points, to = (random.normal(size=(30, 2)).astype(np.float32) for _ in range(2))
    turn, _ = orthogonal_procrustes(points, to)
    found = aligned(points, to)
    np.testing.assert_allclose(found, points @ turn, atol=1e-5)
    np.testing.assert_allclose(found @ found.T, points @ points.T, atol=1e-4)


def test_a_plane_after_a_turn_of_all_vectors_stands_still(random):
    vectors = random.normal(size=(50, 8)).astype(np.float32) * np.arange(8, 0, -1, dtype=np.float32)
    first = plane(vectors)
    turn, _ = np.linalg.qr(random.normal(size=(8, 8)))
    second = plane((vectors @ turn).astype(np.float32), first)
    np.testing.assert_allclose(second.points, first.points, atol=1e-3)
    assert second.share == pytest.approx(first.share, abs=1e-5)


def test_the_plane_shows_what_the_two_largest_variances_are(random):
    vectors = random.normal(size=(200, 5)).astype(np.float32) * np.array([5, 3, 1, 1, 1], dtype=np.float32)
    found = plane(vectors)
    variances = np.linalg.eigvalsh(np.cov(vectors.T))[::-1]
    assert found.share == pytest.approx(variances[:2].sum() / variances.sum(), abs=1e-4)
    assert found.points.var(axis=0, ddof=1).sum() == pytest.approx(variances[:2].sum(), rel=1e-3)


def test_two_words_or_zero_vectors_have_a_plane_too():
    assert plane(np.zeros((3, 4), dtype=np.float32)).points.tolist() == [[0.0, 0.0]] * 3
    assert plane(np.array([[1.0], [3.0]], dtype=np.float32)).points.shape == (2, 2)
