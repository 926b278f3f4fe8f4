import subprocess
import sys

import numpy as np
import pytest
from sklearn.decomposition import PCA

from models.errors import ModelError
from models.tokens import projections
from models.tokens.projections import clusters, kept_neighbours, laid_out, on_axes, pca


def points(count, width, seed=0):
    return np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32) * np.arange(1, width + 1)


def unit(count, width, seed=0):
    vectors = points(count, width, seed)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(("count", "width", "axes"), [(11, 40, 2), (11, 40, 3), (300, 20, 2), (20, 20, 3)])
def test_pca_is_scikit_learns(count, width, axes):
    vectors = points(count, width).astype(np.float32)
    reference = PCA(axes, svd_solver="full").fit(vectors.astype(np.float64))
    found = pca(vectors, axes)
    signs = np.sign((found.axes * reference.components_).sum(axis=1))
    np.testing.assert_allclose(found.axes * signs[:, None], reference.components_, atol=1e-4)
    np.testing.assert_allclose(found.shares, reference.explained_variance_ratio_, rtol=1e-4)
    np.testing.assert_allclose(found.points * signs, reference.transform(vectors), atol=2e-3)
    np.testing.assert_allclose(found.place(vectors), found.points, atol=2e-3)


def test_pca_of_a_parallelogram_is_one():
    a, b, c = points(3, 50)
    found = pca(np.stack([a, b, c, a - b + c]).astype(np.float32), 2).points
    np.testing.assert_allclose(found[0] - found[1], found[3] - found[2], atol=1e-3)


def test_pca_of_equal_vectors_says_nothing():
    found = pca(np.ones((5, 4), dtype=np.float32))
    assert not found.shares.any()
    assert np.isfinite(found.points).all()


def test_words_on_axes_are_their_cosines_with_a_difference():
    vectors = unit(20, 8)
    found, between = on_axes(vectors, np.array([[0, 1], [2, 3]]))
    one, other = (vectors[i] - vectors[i + 1] for i in (0, 2))
    one, other = one / np.linalg.norm(one), other / np.linalg.norm(other)
    np.testing.assert_allclose(found, np.stack([vectors @ one, vectors @ other], axis=1), atol=1e-6)
    assert between[0, 1] == pytest.approx(float(one @ other), abs=1e-6)


def test_an_axis_from_a_word_to_itself_is_explained():
    with pytest.raises(ModelError, match="two words that differ"):
        on_axes(unit(5, 4), np.array([[0, 1], [2, 2]]))


@pytest.mark.parametrize("most", [1, 5, 10])
def test_kept_neighbours_are_counted_one_by_one(most):
    vectors = unit(150, 6)
    plane = pca(vectors).points
    shared = 0
    for i in range(150):
        cosines, distances = vectors @ vectors[i], ((plane - plane[i]) ** 2).sum(axis=1)
        cosines[i], distances[i] = -2, np.inf
        shared += len(set(np.argsort(-cosines)[:most]) & set(np.argsort(distances)[:most]))
    assert kept_neighbours(vectors, plane, most) == pytest.approx(shared / (150 * most))


def test_the_space_itself_keeps_all_neighbours():
    vectors = unit(60, 5)
    assert kept_neighbours(vectors, vectors) == 1.0
    assert kept_neighbours(vectors[:1], vectors[:1]) == 1.0


def test_clusters_are_found_and_the_largest_is_first():
    centres = np.eye(3, 10, dtype=np.float32) * 10
    member = np.repeat([2, 0, 1], [60, 30, 10])
    vectors = centres[member] + points(100, 10) * 0.001
    found = clusters(vectors.astype(np.float32), 3)
    assert np.bincount(found).tolist() == [60, 30, 10]
    assert all(len(set(found[member == i])) == 1 for i in range(3))


def test_tsne_keeps_groups_together_and_tells_how_far_it_is():
    centres = unit(4, 30, seed=5)
    member = np.arange(80) % 4
    vectors = centres[member] + points(80, 30) * 0.002
    told = []
    plane = laid_out(vectors.astype(np.float32), "tsne", lambda done, of: told.append((done, of)))
    assert plane.shape == (80, 2)
    middles = np.stack([plane[member == i].mean(axis=0) for i in range(4)])
    assert (((plane[:, None] - middles) ** 2).sum(axis=2).argmin(axis=1) == member).all()
    assert all(of == 1000 for _, of in told)


def test_who_stops_waiting_ends_the_process(monkeypatch):
    started = []
    begin = subprocess.Popen

    def popen(*args, **kwargs):
        started.append(begin([sys.executable, "-c", "import time; time.sleep(60)"], stdout=kwargs["stdout"], text=True))
        return started[-1]

    monkeypatch.setattr(projections.subprocess, "Popen", popen)

    def stop(_done, _of):
        raise KeyError("stopped")

    with pytest.raises(KeyError, match="stopped"):
        laid_out(unit(40, 10), "tsne", stop)
    assert started[0].poll() is not None


def test_what_cannot_be_laid_out_is_explained(monkeypatch):
    monkeypatch.setattr(projections, "has_umap", lambda: False)
    with pytest.raises(ModelError, match="pip install umap-learn"):
        laid_out(unit(40, 10), "umap", lambda _done, _of: None)
    with pytest.raises(ModelError, match="too few words"):
        laid_out(unit(3, 10), "tsne", lambda _done, _of: None)


def test_a_failing_process_is_explained(monkeypatch):
    vectors = unit(40, 10)
    monkeypatch.setattr(projections.sys, "executable", "false")
    with pytest.raises(ModelError, match="t-SNE failed"):
        laid_out(vectors, "tsne", lambda _done, _of: None)
