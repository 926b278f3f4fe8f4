"""Properties against slow readings of their definitions, probes against scikit-learn's, states against the trace."""

import re
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import models
from models.errors import ModelError
from models.mixers import probing
from models.mixers.probing import (
    PROPERTIES,
    YES_NO,
    correlations,
    linear_probe,
    remembered,
    sampled,
    similar,
    states,
)
from models.mixers.recurrent import CELLS, RecurrentConfig, RecurrentNetwork


def _network(cell: str = "lstm", **sizes: int) -> RecurrentNetwork:
    shape = {"vocab_size": 11, "n_embd": 5, "n_hidden": 7, "n_layer": 2} | sizes
    return RecurrentNetwork(RecurrentConfig(cell=cell, **shape))


def _random(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def test_properties_of_a_text_by_hand() -> None:
    text = 'A "b.c"\nIo'
    expected = {
        "inside quotes": [0, 0, 0, 1, 1, 1, 0, 0, 0, 0],
        "vowel": [1, 0, 0, 0, 0, 0, 0, 0, 1, 1],
        "capital letter": [1, 0, 0, 0, 0, 0, 0, 0, 1, 0],
        "in a word": [1, 0, 0, 1, 0, 1, 0, 0, 1, 1],
        "position in line": [0, 1, 2, 3, 4, 5, 6, 7, 0, 1],
        "sentence length so far": [0, 1, 2, 3, 4, 0, 1, 2, 0, 1],
        "position in word": [1, 0, 0, 1, 0, 1, 0, 0, 1, 2],
        "after a space": [0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    }
    assert {name: list(property_of(text)) for name, property_of in PROPERTIES.items()} == expected
    assert expected.keys() > YES_NO


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("“a”b", "0100"),
        ("„a“b„c”d", "01000100"),
        ("«a “b»c", "0111100"),  # another mark inside is a character like others
        ('"ab\ncd"e', "01100001"),  # the line end closes; the next mark opens
        ('""a', "000"),
        ("it’s 'a'", "00000000"),
    ],
)
def test_what_quotation_marks_enclose(text: str, inside: str) -> None:
    assert "".join(str(int(value)) for value in PROPERTIES["inside quotes"](text)) == inside


@given(st.text(alphabet='aB é.\n!?"“” 1', max_size=30))
def test_each_character_gets_what_the_definition_says(text: str) -> None:
    found = {name: property_of(text) for name, property_of in PROPERTIES.items()}
    for name, values in found.items():
        assert values.shape == (len(text),)
        assert name not in YES_NO or set(values) <= {0.0, 1.0}
    for place in range(len(text)):
        read = text[: place + 1]
        assert found["position in line"][place] == len(read[:-1].split("\n")[-1])
        assert found["sentence length so far"][place] == len(re.split(r"[.!?\n]", read[:-1])[-1])
        assert found["position in word"][place] == len(re.search(r"[^\W\d_]*\Z", read)[0])
        assert found["after a space"][place] == read[:-1].endswith(" ")


def test_correlations_are_pearsons() -> None:
    h, y = _random(50, 4), _random(50, seed=2)
    h[:, 2] = 0.1
    h[:, 3] = 7 - 2 * y
    found = correlations(h.astype(np.float32), y)
    for unit in (0, 1, 3):
        assert found[unit] == pytest.approx(np.corrcoef(h[:, unit], y)[0, 1], abs=1e-6)
    assert found[2] == 0
    assert found[3] == pytest.approx(-1)
    assert not correlations(h, np.full(50, 0.1)).any()


@pytest.mark.parametrize("ridge", [1.0, 30.0])
def test_a_probe_for_yes_and_no_is_scikit_learns(ridge: float) -> None:
    h = _random(100, 8) * np.arange(1, 9) + 3
    h[:, 5] = 1.5  # a unit that never changes
    y = (h[:, 0] + 0.3 * h[:, 1] + _random(100, seed=3) > 4.2).astype(float)
    theirs = make_pipeline(StandardScaler(), RidgeClassifier(alpha=ridge)).fit(h[:66], y[:66])
    usual = DummyClassifier(strategy="most_frequent").fit(h[:66], y[:66])
    probe = linear_probe(h, y, True, ridge)
    assert probe.score == pytest.approx(theirs.score(h[66:], y[66:]))
    assert probe.baseline == pytest.approx(usual.score(h[66:], y[66:]))
    assert 1 > probe.score > probe.baseline > 0


@pytest.mark.parametrize("ridge", [1.0, 30.0])
def test_a_probe_for_numbers_is_scikit_learns(ridge: float) -> None:
    h = (_random(100, 8) * np.arange(1, 9) + 3).astype(np.float32)
    y = 2 * h[:, 0] + _random(100, seed=3) + 100
    theirs = make_pipeline(StandardScaler(), Ridge(alpha=ridge)).fit(h[:66].astype(float), y[:66])
    probe = linear_probe(h, y, False, ridge)
    assert probe.score == pytest.approx(r2_score(y[66:], theirs.predict(h[66:].astype(float))), abs=1e-6)
    assert probe.baseline == 0
    assert linear_probe(h, _random(100, seed=4), False).score < 0.2


def test_what_a_probe_cannot_learn_is_refused() -> None:
    h, y = _random(30, 3), np.tile([0.0, 1.0], 15)
    linear_probe(h, y, True)
    with pytest.raises(ModelError, match="19 positions"):
        linear_probe(h[:29], y[:29], True)
    with pytest.raises(ModelError, match="none of it"):
        linear_probe(h, np.repeat([0.0, 1.0], [20, 10]), True)
    late = np.concatenate([np.arange(20.0), np.ones(10)])
    with pytest.raises(ModelError, match="last third"):
        linear_probe(h, late, False)


def test_a_window_of_tokens_is_remembered_and_nothing_before_it() -> None:
    ids = np.random.default_rng(1).choice(5, size=(60, 20), p=[0.4, 0.2, 0.2, 0.1, 0.1])
    one_hot = np.eye(5)[ids]
    before = np.roll(one_hot, 1, axis=1)
    probes = remembered(np.concatenate([one_hot, before], axis=2), ids, most=4, classes=5)
    assert [probe.score for probe in probes[:2]] == [1, 1]
    for k, probe in enumerate(probes):
        asked = ids[40:, 3 - k : 20 - k]
        assert probe.baseline == pytest.approx((asked == 0).mean())
        if k >= 2:
            assert abs(probe.score - probe.baseline) < 0.05


def test_what_is_remembered_is_what_scikit_learns_ridge_names() -> None:
    random = np.random.default_rng(1)
    ids = random.choice([2, 3, 7, 9], size=(30, 12), p=[0.1, 0.4, 0.2, 0.3])
    ids[20:][random.random((10, 12)) < 0.4] = 2  # frequent only where the probes are judged
    h = np.eye(10)[ids] @ random.normal(size=(10, 6)) + random.normal(size=(30, 12, 6))
    h[:, 1:] += 0.7 * h[:, :-1]
    probes = remembered(h.astype(np.float32), ids, most=3, classes=3)
    for k, probe in enumerate(probes):
        rows = [(text, t) for text in range(30) for t in range(2, 12) if ids[text, t - k] != 2]
        x, y = np.array([h[row] for row in rows]), np.array([ids[text, t - k] for text, t in rows])
        fitted = np.array([text < 20 for text, _ in rows])
        theirs = make_pipeline(StandardScaler(), RidgeClassifier(alpha=1.0)).fit(x[fitted], y[fitted])
        assert probe.score == pytest.approx(theirs.score(x[~fitted], y[~fitted]))
        assert probe.baseline == pytest.approx((y[~fitted] == 3).mean())
    assert probes[0].score > probes[0].baseline


def test_too_few_texts_hold_nothing_to_remember() -> None:
    ids = np.zeros((1, 50), dtype=int)
    with pytest.raises(ModelError, match="take more text"):
        remembered(_random(1, 50, 3), ids, most=3, classes=4)
    with pytest.raises(ModelError, match="take more text"):
        remembered(_random(30, 2, 3), np.zeros((30, 2), dtype=int), most=5, classes=4)


@pytest.mark.parametrize("cell", CELLS)
def test_states_are_those_of_the_trace(cell: str) -> None:
    network = _network(cell)
    ids = np.array([[3, 1, 4], [5, 9, 2]])
    h, c = states(network, ids, start_id=10)
    assert (c is not None) == (cell == "lstm")
    for place, text in enumerate(ids.tolist()):
        trace = network.trace([10, *text])
        np.testing.assert_allclose(h[place], trace.h[-1, 1:].detach(), atol=1e-6)
        if c is not None:
            np.testing.assert_allclose(c[place], trace.c[-1, 1:].detach(), atol=1e-6)


def test_sampled_tokens_come_as_often_as_the_network_says() -> None:
    network = _network("gru", n_hidden=16, n_layer=1)
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(4)
    told: list[tuple[int, int]] = []
    ids = sampled(network, 4000, 2, start_id=10, seed=1, banned=[10, 4], progress=lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]
    assert not np.isin(ids, [10, 4]).any()
    allowed = [token for token in range(11) if token not in (10, 4)]
    most = int(np.bincount(ids[:, 0]).argmax())
    for read, drawn in [([10], ids[:, 0]), ([10, most], ids[ids[:, 0] == most, 1])]:
        probs = network.trace(read).logits[-1, allowed].softmax(-1).detach().numpy()
        shares = (drawn[:, None] == allowed).mean(axis=0)
        assert np.abs(shares - probs).max() < 4 * 0.5 / np.sqrt(len(drawn))
    assert np.array_equal(ids, sampled(network, 4000, 2, start_id=10, seed=1, banned=[10, 4]))
    assert not np.array_equal(ids, sampled(network, 4000, 2, start_id=10, seed=2, banned=[10, 4]))


def test_similar_places_are_found_one_after_another() -> None:
    h = _random(40, 3)
    h[7] = 0
    place, apart = 12, 4
    found = similar(h, place, 5, apart)
    lengths = np.linalg.norm(h, axis=1)
    cosines = {t: h[t] @ h[place] / (lengths[t] * lengths[place]) if t != 7 else 0.0 for t in range(40)}
    expected = list[int]()
    for t in sorted(cosines, key=lambda t: -cosines[t]):
        if all(abs(t - other) >= apart for other in [place, *expected]):
            expected.append(t)
    assert [t for t, _ in found] == expected[:5]
    assert [cosine for _, cosine in found] == pytest.approx([cosines[t] for t in expected[:5]])
    assert all(one[1] >= other[1] for one, other in pairwise(found))
    assert len(similar(h, place, 100, apart)) == len(expected)
    assert place not in dict(similar(h, place, 100, 0))


def test_lines_are_read_one_by_one() -> None:
    lm = models.load("char-gru")
    text = "One line.\nAnother"
    h = probing.states_by_line(lm.network, lm.tokenizer, text)
    assert len(h) == len(text)
    lines = [lm.network.trace([lm.tokenizer.start_id, *lm.tokenizer.encode(line)]).h[-1] for line in text.split("\n")]
    expected = torch.cat([lines[0][1:], lines[1]]).detach().numpy()
    np.testing.assert_allclose(h, expected, atol=1e-5)
    words = models.load("gru")
    with pytest.raises(ModelError, match="not characters"):
        probing.states_by_line(words.network, words.tokenizer, text)
