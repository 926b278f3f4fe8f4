"""Vectors of words for a task: the shipped ones, a change of low rank, and files that hold only that."""

import torch

from models import packing
from models.tasks.embedding import N_EMBD, StartedEmbedding, Vocabulary
from models.zoo import vectors

_OWN = ("qwzx", "king", "n't", ",")
_RANK = 3


def _embedding(seed: int = 1) -> tuple[Vocabulary, StartedEmbedding]:
    vocabulary = Vocabulary(_OWN)
    return vocabulary, StartedEmbedding(vocabulary, _RANK, torch.Generator().manual_seed(seed))


def _shipped(word: str) -> torch.Tensor:
    space = vectors.load("word2vec", "sum")
    return torch.tensor(space.vectors[space.words.index(word)])


def test_it_begins_as_the_shipped_vectors() -> None:
    vocabulary, embedding = _embedding()
    found = embedding(torch.tensor([vocabulary.ids(["King", "queen", "N'T", "qwzx", "ξξξξ"])]))
    assert found.shape == (1, 5, N_EMBD)
    torch.testing.assert_close(found[0, 0], _shipped("king"))
    torch.testing.assert_close(found[0, 1], _shipped("queen"))
    torch.testing.assert_close(found[0, 2], _shipped("not"))
    assert not found[0, 3:].any()


def test_own_words_and_what_is_unknown_change_and_the_others_stay() -> None:
    vocabulary, embedding = _embedding()
    ids = torch.tensor(vocabulary.ids(["king", "qwzx", "queen", "ξξξξ"]))
    before = embedding(ids).detach()
    with torch.no_grad():
        embedding.changes += torch.randn(embedding.changes.shape, generator=torch.Generator().manual_seed(2))
    change = embedding(ids).detach() - before
    expected = embedding.changes[[2, 1, 0]] @ embedding.directions
    torch.testing.assert_close(change[[0, 1, 3]], expected.detach(), atol=1e-5, rtol=1e-5)
    assert not change[2].any()
    assert torch.linalg.matrix_rank(change) <= _RANK


def test_a_word_is_trained_or_read_by_its_vector_or_unknown() -> None:
    vocabulary, _ = _embedding()
    assert [vocabulary.known(piece) for piece in ("QWZX", ",", "Queen", "ξξξξ")] == [
        "trained",
        "trained",
        "vector",
        "unknown",
    ]
    assert vocabulary.ids(_OWN) == [1, 2, 3, 4]
    assert vocabulary.size == 1 + len(set(_OWN) | set(vectors.load("word2vec", "sum").words))


def test_a_file_holds_the_change_alone(tmp_path) -> None:  # type: ignore[no-untyped-def]
    vocabulary, embedding = _embedding()
    with torch.no_grad():
        embedding.changes += torch.randn(embedding.changes.shape, generator=torch.Generator().manual_seed(2))
    packing.save(embedding, tmp_path / "one", {"of": "a test"})
    facts, tensors = packing.opened(tmp_path / "one")
    assert facts == {"of": "a test"}
    assert sum(array.nbytes for array in tensors.values()) < 1_000
    _, other = _embedding(seed=5)
    packing.fill(other, tensors)
    ids = torch.tensor(vocabulary.ids(["king", "queen", "qwzx"]))
    torch.testing.assert_close(other(ids), embedding(ids), atol=0.05, rtol=0.02)
