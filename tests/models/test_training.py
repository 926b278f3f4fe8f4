"""The training loop: what it learns, and that stopping, saving and going on change nothing."""

import logging
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from models.errors import ModelError
from models.mixers.recurrent import RecurrentConfig, RecurrentNetwork
from models.training import checkpointed
from models.training.batches import Sentences, Stream
from models.training.loop import Look, Step, Training, TrainingSettings
from models.training.losses import Sampled
from models.training.next_token import evaluate, training_of


def _network(cell: str = "gru", vocab_size: int = 8) -> RecurrentNetwork:
    return RecurrentNetwork(RecurrentConfig(cell=cell, vocab_size=vocab_size, n_embd=6, n_hidden=8))


def _sentences(count: int = 40) -> list[np.ndarray]:
    """After each token comes the next one, so all but the first can be known."""
    random = np.random.default_rng(1)
    rows = []
    for _ in range(count):
        first = int(random.integers(2, 5))
        rows.append(np.array([0, *range(first, first + 3), 1], np.uint16))
    return rows


def _training(looks: int = 4, epochs: float = 6.0, **settings: float) -> Training:
    how = TrainingSettings(epochs=epochs, learning_rate=0.02, looks=looks, **settings)  # type: ignore[arg-type]
    return training_of(_network(), Sentences(_sentences(), 8), how, Sentences(_sentences(10), 8))


def _weights(training: Training) -> dict[str, torch.Tensor]:
    return training.network.state_dict()


@pytest.mark.slow
def test_what_can_be_known_is_learned() -> None:
    training = _training(epochs=40.0)
    events = list(training)
    looks = [event for event in events if isinstance(event, Look)]
    assert looks[-1].held_out_loss < 0.5  # a third of ln 3 is what can't be known: 0.27
    assert looks[-1].held_out_loss > np.log(3) / 4 - 0.02
    steps = [event for event in events if isinstance(event, Step)]
    assert len(steps) == training.steps == 200
    assert steps[-1].tokens == 40 * 40 * 4
    assert steps[-1].loss < steps[0].loss / 3


def test_the_rate_rises_in_a_line_and_falls_as_a_cosine() -> None:
    training = _training(epochs=20.0, warm_up=0.1)
    rates = [training.rate(step) for step in range(100)]
    assert rates[:10] == pytest.approx([0.002 * (i + 1) for i in range(10)])
    assert rates[10] == pytest.approx(0.02)
    assert rates[55] == pytest.approx(0.02 * (0.01 + 0.99 / 2), rel=1e-6)
    assert rates[-1] < 0.0003
    training.rate_factor = 0.5
    assert training.rate(10) == pytest.approx(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("stop_at", [1, 7, 13])
def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path, stop_at: int) -> None:
    whole = _training(dropout=0.2)
    expected = list(whole)
    first = _training(dropout=0.2)
    seen = []
    for event in first:
        seen.append(event)
        if isinstance(event, Step) and event.step == stop_at:
            break
    first.save(tmp_path / "checkpoint.pt")
    second = _training(dropout=0.2)
    second.resume(tmp_path / "checkpoint.pt")
    seen += list(second)
    assert [(one.step, getattr(one, "loss", None)) for one in seen if isinstance(one, Step)] == [
        (one.step, getattr(one, "loss", None)) for one in expected if isinstance(one, Step)
    ]
    for name, weights in _weights(whole).items():
        torch.testing.assert_close(_weights(second)[name], weights, atol=0, rtol=0)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_the_state_of_a_stream_goes_on_after_a_stop(tmp_path: Path) -> None:
    ids = np.random.default_rng(1).integers(0, 8, 400)

    def fresh() -> Training:
        return training_of(_network("lstm"), Stream(ids, 4, 10), TrainingSettings(epochs=2.0, learning_rate=0.02))

    whole, first, second = fresh(), fresh(), fresh()
    list(whole)
    list(islice(first, 5))
    first.save(tmp_path / "a.pt")
    second.resume(tmp_path / "a.pt")
    list(second)
    for name, weights in _weights(whole).items():
        torch.testing.assert_close(_weights(second)[name], weights, atol=0, rtol=0)


def test_a_checkpoint_that_could_not_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, training = tmp_path / "checkpoint.pt", _training()
    next(iter(training))
    training.save(path)
    before = path.read_bytes()

    def fails(_what: object, where: Path) -> None:
        where.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", fails)
    with pytest.raises(OSError, match="disk full"):
        training.save(path)
    assert path.read_bytes() == before


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    training = _training()
    training.save(tmp_path / "a.pt")
    other = training_of(_network(vocab_size=9), Sentences(_sentences(), 8), TrainingSettings())
    with pytest.raises(ModelError, match="another network"):
        other.resume(tmp_path / "a.pt")


def test_training_ends_early_and_the_best_weights_are_kept() -> None:
    torch.manual_seed(1)
    noise = [np.array([0, *np.random.default_rng(i).integers(2, 8, 4), 1], np.uint16) for i in range(20)]
    how = TrainingSettings(epochs=200.0, learning_rate=0.05, looks=100, patience=2)
    training = training_of(_network(), Sentences(noise[:10], 5), how, Sentences(noise[10:], 5))
    looks = [event for event in training if isinstance(event, Look)]
    assert len(looks) < 90
    assert [look.is_best for look in looks[-2:]] == [False, False]
    best = min(look.held_out_loss for look in looks)
    assert training.best is not None
    training.network.load_state_dict(training.best)
    assert evaluate(training.network, Sentences(noise[10:], 5)) == pytest.approx(best)


def test_a_loss_beyond_all_bounds_is_told() -> None:
    training = _training(epochs=40.0)
    with torch.no_grad():
        training.network.wte.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match="smaller learning rate"):
        next(iter(training))


def test_truncated_gradients_are_the_whole_ones_within_a_batch() -> None:
    ids = np.random.default_rng(1).integers(0, 8, 21)
    network = _network("lstm").double()
    (whole,) = Stream(ids, 1, 20).epoch(0)
    parts = list(Stream(ids, 1, 5).epoch(0))

    def losses(batches, cut_off):
        state, found = network.start(1), []
        for batch in batches:
            state = tuple(part.detach() for part in state) if cut_off else state
            hidden, state = network(batch.inputs, state)
            found.append(cross_entropy(network.logits(hidden[0]), batch.targets[0], reduction="sum"))
        return torch.stack(found)

    def gradient(loss):
        return torch.cat([part.flatten() for part in torch.autograd.grad(loss, list(network.parameters()))])

    torch.testing.assert_close(gradient(losses([whole], False).sum()), gradient(losses(parts, False).sum()))
    truncated = losses(parts, True)
    assert not torch.allclose(gradient(truncated.sum()), gradient(losses([whole], False).sum()))
    torch.testing.assert_close(losses(parts, True), losses(parts, False))  # the values are the same


def test_drawn_tokens_lead_to_the_scores_of_all() -> None:
    """Where the scores are the true log-probabilities, up to a constant, no step is taken on average."""
    random = torch.Generator().manual_seed(1)
    network = _network(vocab_size=20)
    hidden, truth = torch.zeros(20_000, 6), torch.rand(20, generator=random).pow(2) + 0.01
    truth /= truth.sum()
    draws = torch.rand(20, generator=random) + 0.1
    sampled = Sampled(draws / draws.sum(), drawn=5)

    def pull(scores: torch.Tensor) -> torch.Tensor:
        network.bias.data = scores.clone()
        targets = truth.multinomial(len(hidden), replacement=True, generator=random)
        losses = torch.cat([sampled(network, *part, random) for part in zip(hidden.split(50), targets.split(50))])
        return torch.autograd.grad(losses.mean(), network.bias)[0]

    assert pull(truth.log() + 3.0).abs().max() < 0.01
    assert pull(truth.log() * 0.5).abs().max() > 0.03


def test_the_held_out_loss_is_that_of_all_tokens_together() -> None:
    network = _network()
    sentences = _sentences(10)
    by_hand = []
    for one in sentences:
        hidden, _ = network(torch.tensor(one[None, :-1].astype(int)), network.start(1))
        by_hand += cross_entropy(
            network.logits(hidden[0]), torch.tensor(one[1:].astype(int)), reduction="none"
        ).tolist()
    assert evaluate(network, Sentences(sentences, 3)) == pytest.approx(np.mean(by_hand), rel=1e-5)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ModelError, match=r"learning_rate is 0\.0"):
        TrainingSettings(learning_rate=0.0)
    with pytest.raises(ModelError, match=r"dropout is 1\.0"):
        TrainingSettings(dropout=1.0)


def test_what_was_stopped_goes_on_from_its_checkpoint(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(checkpointed, "_EVERY", 0.0)
    log, path = logging.getLogger("a test"), tmp_path / "checkpoint"
    whole = _training(looks=3)
    losses = [look.held_out_loss for look in checkpointed.looks(whole, tmp_path / "other", log)]
    stopped = checkpointed.looks(_training(looks=3), path, log)
    first = next(stopped)
    stopped.close()
    again = _training(looks=3)
    with caplog.at_level(logging.INFO):
        assert [first.held_out_loss, *(one.held_out_loss for one in checkpointed.looks(again, path, log))] == losses
    assert len(caplog.records) == again.steps - first.step  # each step once, and none twice
    for name, weights in _weights(whole).items():
        torch.testing.assert_close(_weights(again)[name], weights)
