"""Reading longer than trained: numbers against a loop over stretches that is written out here."""

import itertools
import json
import math
import sys

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from benchmarks import extrapolation as benchmark
from models.card import read_cards
from models.errors import ModelError
from models.mixers.transformer import TransformerConfig, TransformerNetwork
from models.tokens.positions import SCHEMES
from models.tokens.words import END_ID, START_ID
from models.zoo import extrapolation, neural
from models.zoo.extrapolation import LENGTHS, PLACES, TRAINED, Curve, Extrapolation, Reading, curve, read, readings

VOCAB_SIZE = 50


def network(positions="rope"):
    """Random, with weights large enough that what stands before a token counts."""
    config = TransformerConfig(vocab_size=VOCAB_SIZE, n_embd=16, n_layer=2, n_head=2, positions=positions)
    made = TransformerNetwork(config, torch.Generator().manual_seed(3))
    with torch.no_grad():
        for weights in made.parameters():
            if weights.ndim == 2:
                weights.mul_(15)
    return made


def text(tokens):
    return np.random.default_rng(tokens).integers(0, VOCAB_SIZE, tokens + 1)


def by_hand(network, ids, length):
    """Nats of every token but the first: each stretch by itself, every token in the loop."""
    ids, losses = torch.from_numpy(ids), []
    for start in range(0, len(ids) - 1, length):
        stop = min(start + length, len(ids) - 1)
        with torch.no_grad():
            logits = network.trace(ids[start:stop].tolist()).logits
        losses += [float(cross_entropy(logits[i], ids[start + i + 1])) for i in range(stop - start)]
    return np.array(losses)


@pytest.mark.parametrize("positions", SCHEMES)
@pytest.mark.parametrize(("tokens", "length"), [(90, 16), (96, 32), (70, 64), (1_536, 512), (3_072, 128)])
def test_losses_are_those_of_each_stretch_by_itself(positions, tokens, length):
    made, ids = network(positions), text(tokens)
    found = read(made, ids, length)
    wanted = by_hand(made, ids, length)
    np.testing.assert_allclose(found.losses, wanted, atol=2e-4)
    assert math.exp(found.loss) == pytest.approx(math.exp(wanted.mean()), rel=1e-4)


def test_every_length_predicts_the_same_tokens():
    """What no context reaches costs the same at every length, token by token; with context it does not."""
    ids, made = text(1_536), network()
    uniform = network("none")
    with torch.no_grad():
        uniform.wte.weight.zero_()
        uniform.bias.copy_(torch.randn(VOCAB_SIZE, generator=torch.Generator().manual_seed(1)))
    frequencies = -uniform.bias.detach().log_softmax(-1)[ids[1:]].numpy()
    of_uniform = list(readings(uniform, ids))
    assert tuple(one.length for one in of_uniform) == LENGTHS
    for one in of_uniform:
        np.testing.assert_allclose(one.losses, frequencies, atol=1e-5)
    losses = [one.losses for one in readings(made, ids)]
    assert len({len(one) for one in losses}) == 1
    np.testing.assert_allclose(losses[0][:16], losses[-1][:16], atol=2e-4)  # the first stretch begins alike
    assert np.abs(losses[0][16:32] - losses[-1][16:32]).max() > 0.01


def test_every_length_that_is_measured_divides_what_is_read():
    assert all(extrapolation.TOKENS % length == 0 and length in PLACES for length in LENGTHS)
    assert TRAINED in LENGTHS
    assert TRAINED in PLACES
    assert 4 * TRAINED in LENGTHS


def test_losses_by_place_are_means_over_stretches_and_average_to_the_whole():
    ids, made = text(96 * 3), network("alibi")
    found = read(made, ids, 96)
    places = (0, 16, 32, 48, 64, 80, 96)
    table = by_hand(made, ids, 96).reshape(3, 96)
    wanted = [table[:, first:stop].mean() for first, stop in itertools.pairwise(places)]
    np.testing.assert_allclose(found.by_place(places), wanted, atol=2e-4)
    widths = np.diff(places)
    assert float(np.dot(found.by_place(places), widths) / widths.sum()) == pytest.approx(found.loss, rel=1e-6)


def test_the_last_stretch_may_be_short():
    losses = np.arange(10, dtype=np.float32)
    assert Reading(4, losses).by_place((0, 1, 4)) == pytest.approx([(0 + 4 + 8) / 3, (1 + 2 + 3 + 5 + 6 + 7 + 9) / 7])


def test_who_stops_asking_stops_the_reading(monkeypatch):
    ids, made, lengths = text(600), network(), []
    whole = extrapolation.read
    monkeypatch.setattr(
        extrapolation, "read", lambda network, ids, length: (lengths.append(length), whole(network, ids, length))[1]
    )
    going = readings(made, ids)
    assert lengths == []
    next(going), next(going)
    going.close()
    assert lengths == list(LENGTHS[:2])


def test_only_lengths_that_the_text_has_are_read():
    found = curve(readings(network(), text(200)))
    assert tuple(found.by_length) == (16, 32, 64, 128, 192)
    assert len(found.by_place) == len([place for place in PLACES if 0 < place <= 192])
    assert found.rise(128) == pytest.approx(found.perplexity(128) / found.perplexity(64))


def test_the_same_tokens_are_compared_with_less_before_them():
    ids, made = text(384), network("rope")
    found = curve(readings(made, ids))
    far, near = (by_hand(made, ids, length) for length in (384, TRAINED))
    for i, (first, stop) in enumerate(itertools.pairwise([place for place in PLACES if place <= 384])):
        group = slice(first, stop)
        assert found.by_place[i] == pytest.approx(far[group].mean(), abs=2e-4)
        assert found.paired[i] == pytest.approx(math.exp(far[group].mean() - near[group].mean()), rel=1e-3)
        assert (abs(found.paired[i] - 1) < 1e-4) is (stop <= TRAINED)


def test_beyond_its_table_a_learned_scheme_says_so():
    with pytest.raises(ModelError, match="512 places"):
        read(network("learned"), text(600), 600)


def test_a_readers_text_stands_between_starts_and_ends():
    tokenizer = neural.tokenizer("transformer-rope")
    found = extrapolation.encoded("The house is old. Is it?\n\nNo.", tokenizer).tolist()
    parts = [[START_ID, *tokenizer.encode(one), END_ID] for one in ("The house is old.", "Is it?", "No.")]
    assert found == [token for part in parts for token in part]
    assert extrapolation.encoded(" \n ", tokenizer).tolist() == []


def test_what_is_written_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(extrapolation, "FILE", tmp_path / "extrapolation.json")
    with pytest.raises(ModelError, match="Nothing has been measured"):
        extrapolation.shipped()
    found = Extrapolation("a text", 96, (0, 16, 64), {"rope": Curve({16: 1.5, 64: 2.5}, [1.0, 2.0], [1.5, 2.5], "abc")})
    extrapolation.write(found)
    assert extrapolation.shipped() == found
    assert found.lengths == (16, 64)


def test_the_command_measures_the_models_it_is_told(tmp_path, monkeypatch):
    made = {f"transformer-{one}": network(one) for one in ("none", "alibi")}
    corpus = text(1_600)
    monkeypatch.setattr(extrapolation, "FILE", tmp_path / "extrapolation.json")
    monkeypatch.setattr(extrapolation, "TOKENS", 1_536)
    monkeypatch.setattr(extrapolation, "network_of", made.__getitem__)
    monkeypatch.setattr(extrapolation.corpus, "encoded", lambda folder, part: {"test": corpus}[part])
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)

    class Card:
        def __init__(self, name):
            self.name, self.sha256 = name, f"sum of {name}"

    monkeypatch.setattr(extrapolation, "read_cards", lambda _: [Card(name) for name in made])
    for name in ("transformer-alibi", "transformer-none"):
        monkeypatch.setattr(sys, "argv", ["extrapolation", str(tmp_path), name])
        extrapolation.main()
    found = extrapolation.shipped()
    assert list(found.curves) == ["none", "alibi"]
    assert found.tokens == 1_536
    for scheme in found.curves:
        wanted = by_hand(made[f"transformer-{scheme}"], corpus[:1_537], 256).mean()
        assert found.curves[scheme].by_length[256] == pytest.approx(wanted, abs=1e-4)
        assert found.curves[scheme].sha256 == f"sum of transformer-{scheme}"


def test_the_benchmark_says_which_goals_are_met():
    rises = {"none": 1.1, "sinusoidal": 1.5, "learned": 1.1, "alibi": 0.98, "rope": 1.2, "t5": 0.99}
    rows = list(benchmark.rows(rises))
    assert [row.ratio for row in rows[:6]] == pytest.approx([rise / 0.98 for rise in rises.values()])
    assert [row.met for row in rows] == [None] * 6 + [True, True, False]
    assert rows[6].name == "ALiBi rises least (next: T5 bias)"
    assert next(row.met for row in benchmark.rows(rises | {"none": 0.9}) if "least" in row.name) is False


def test_what_ships_is_of_the_weights_that_ship():
    found = extrapolation.shipped()
    cards = {card.name: card for card in read_cards(neural.CARDS)}
    assert list(found.curves) == list(SCHEMES)
    for scheme, one in found.curves.items():
        assert one.sha256 == cards[f"transformer-{scheme}"].sha256
        assert tuple(one.by_length) == LENGTHS
        assert len(one.by_place) == len(one.at_once) == len(found.places) - 1
        assert one.paired[: found.places.index(TRAINED)] == pytest.approx([1] * found.places.index(TRAINED), abs=1e-3)
        widths = np.diff(found.places)
        assert np.dot(one.by_place, widths) / widths.sum() == pytest.approx(one.by_length[LENGTHS[-1]], abs=1e-3)
    assert json.loads(extrapolation.FILE.read_text())["tokens"] == found.tokens
