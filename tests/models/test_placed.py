"""Words at places against the sums written out, numpy and scikit-learn's cosines."""

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import cosine_similarity

from models.tokens import placed
from models.tokens.space import WordVectors

VECTORS = torch.randn(5, 8, generator=torch.Generator().manual_seed(3))


def test_a_sum_keeps_the_width_and_a_concatenation_keeps_the_word():
    e, p = VECTORS[:2], VECTORS[2:4]
    assert placed.placed(e, p, "added").tolist() == [[a + b for a, b in zip(*pair)] for pair in zip(e, p)]
    both = placed.placed(e, p, "concatenated")
    assert both.shape == (2, 16)
    torch.testing.assert_close(both[:, :8], e, atol=0, rtol=0)
    torch.testing.assert_close(both.norm(dim=-1), (e.norm(dim=-1) ** 2 + p.norm(dim=-1) ** 2).sqrt())
    with pytest.raises(ValueError, match="multiplied"):
        placed.placed(e, p, "multiplied")


def test_the_terms_add_up_to_the_product_of_what_a_network_gets():
    e, p, other_e, other_p = VECTORS[:4]
    parts = placed.terms(e, p, other_e, other_p)
    assert parts.word_place == pytest.approx(sum(float(a) * float(b) for a, b in zip(e, other_p)))
    assert parts.place_word == pytest.approx(sum(float(a) * float(b) for a, b in zip(p, other_e)))
    assert [len(parts.of(way)) for way in placed.WAYS] == [4, 2]
    for way in placed.WAYS:
        product = placed.placed(e, p, way) @ placed.placed(other_e, other_p, way)
        assert sum(parts.of(way)) == pytest.approx(float(product), abs=1e-5)


def test_the_same_word_elsewhere_is_as_alike_as_scikit_learn_says():
    e, codes = VECTORS[0], VECTORS[1:]
    added = cosine_similarity((codes + e).numpy())[1, [0, 3]]
    apart = cosine_similarity(np.hstack([np.tile(e.numpy(), (4, 1)), codes.numpy()]))[1, [0, 3]]
    np.testing.assert_allclose(placed.elsewhere(e, codes, 1, [0, 3], "added"), added, atol=1e-6)
    np.testing.assert_allclose(placed.elsewhere(e, codes, 1, [0, 3], "concatenated"), apart, atol=1e-6)


def test_where_a_word_stands_among_all():
    space = WordVectors("few", ("a", "b", "c", "d"), np.array([[2, 0], [0, 3], [1, 1], [-1, 0]], dtype=np.float32))
    query = np.array([0.2, 1.0], dtype=np.float32)
    cosines = cosine_similarity(query[None], space.vectors)[0]
    for row in range(4):
        assert placed.standing(space, query, row).cosine == pytest.approx(cosines[row], abs=1e-6)
    assert [placed.standing(space, query, row).rank for row in range(4)] == [3, 1, 2, 4]
