"""The command that trains on any text: what it writes loads, and a run that was stopped goes on."""

import sys

import numpy as np
import pytest

import models
from models.prediction import score
from models.training import __main__ as command
from models.training.loop import Training

pytestmark = pytest.mark.slow


@pytest.fixture
def corpus(tmp_path):
    random = np.random.default_rng(1)
    lines = [f"the {random.choice(['king', 'queen'])} is happy \\ ünï" for _ in range(80)]
    path = tmp_path / "text.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def run(monkeypatch, corpus, *arguments):
    folder = corpus.parent / "model"
    words = ["training", *arguments, "--corpus", str(corpus), "--out", str(folder), "--n-embd", "8", "--n-hidden", "12"]
    monkeypatch.setattr(sys, "argv", words)
    command.main()
    return folder


@pytest.mark.parametrize("model", ["gru", "feedforward"])
@pytest.mark.parametrize("more", [[], ["--characters"]])
def test_what_was_trained_is_loaded_by_its_folder(monkeypatch, corpus, model, more):
    folder = run(monkeypatch, corpus, model, "--epochs", "30", "--learning-rate", "0.03", "--dropout", "0", *more)
    assert not (folder / "checkpoint.pt").exists()
    lm = models.load(str(folder))
    assert score(lm, "the king is happy \\ ünï", end=True).perplexity < 3
    assert "76 lines" in lm.card.corpus
    assert lm.card.vocab_size == lm.tokenizer.vocab_size


def test_a_run_that_was_killed_goes_on(monkeypatch, corpus):
    whole = models.load(str(run(monkeypatch, corpus, "lstm", "--epochs", "4")))
    kept = whole.network.state_dict()
    monkeypatch.setattr(command, "_EVERY", 0.0)

    class Killed(Exception):
        pass

    save = Training.save

    def save_and_die(training, path):
        save(training, path)
        if training.done == 5:
            raise Killed

    monkeypatch.setattr(Training, "save", save_and_die)
    for path in (corpus.parent / "model").iterdir():
        path.unlink()
    with pytest.raises(Killed):
        run(monkeypatch, corpus, "lstm", "--epochs", "4")
    assert [path.name for path in (corpus.parent / "model").iterdir()] == ["checkpoint.pt"]
    monkeypatch.setattr(Training, "save", save)
    again = models.load(str(run(monkeypatch, corpus, "lstm", "--epochs", "4"))).network.state_dict()
    for name, weights in kept.items():
        np.testing.assert_array_equal(again[name], weights)


def test_a_short_text_gets_a_clear_word(monkeypatch, tmp_path):
    path = tmp_path / "short.txt"
    path.write_text("one line", encoding="utf-8")
    with pytest.raises(SystemExit, match="Lines with text: 1"):
        run(monkeypatch, path, "rnn")


def test_a_folder_that_is_not_whole_is_refused(monkeypatch, corpus):
    folder = run(monkeypatch, corpus, "rnn", "--epochs", "1")
    (folder / "words.txt").unlink()
    with pytest.raises(models.ModelError, match="no whole model"):
        models.load(str(folder))
