"""Networks as language models, and in files."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from models.card import ModelCard
from models.errors import ModelError
from models.mixers import neural_files
from models.mixers.feedforward import FeedForwardConfig
from models.mixers.neural_files import network_of
from models.mixers.neural_lm import NeuralLM
from models.mixers.recurrent import RecurrentConfig
from models.tokens.words import WordTokenizer

_WORDS = ["the", "king", "queen", "is", "happy"]
_CONFIGS = [
    *(RecurrentConfig(cell=cell, vocab_size=8, n_embd=6, n_hidden=9, n_layer=2) for cell in ("rnn", "lstm", "gru")),
    FeedForwardConfig(vocab_size=8, context=3, n_embd=6, n_hidden=9, start_id=0),
]
_CARD = ModelCard(
    name="toy", title="Toy", family="recurrent", corpus="none", licence="none", source="none", precision="float32"
)


@pytest.fixture(params=_CONFIGS, ids=["rnn", "lstm", "gru", "ffn"])
def network(request):
    return network_of(request.param)


def test_logits_are_those_of_the_trace_after_the_start_token(network):
    lm = NeuralLM(network, WordTokenizer(_WORDS), _CARD)
    ids = lm.tokenizer.encode("the king is happy")
    trace = network.trace([lm.tokenizer.start_id, *ids])
    torch.testing.assert_close(lm.logits(ids), trace.logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(lm.logits(ids, start=3), trace.logits[3:], atol=1e-5, rtol=1e-5)
    assert lm.logits([]).shape == (1, 8)
    assert not lm.logits(ids).requires_grad


@pytest.mark.parametrize("small", [True, False])
def test_a_network_comes_back_from_its_file(network, tmp_path, small):
    path = tmp_path / "network.safetensors"
    neural_files.save(network, path, small=small)
    again = neural_files.load(path)
    assert again.config == network.config
    for (name, one), other in zip(network.state_dict().items(), again.state_dict().values(), strict=True):
        step = one.abs().max() * (0.5 / 127 + 1e-3) if small else 0
        assert (one - other).abs().max() <= step, name


def test_a_file_of_something_else_is_refused(tmp_path):
    save_file({}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="no network that is known"):
        neural_files.load(tmp_path / "other.safetensors")


@pytest.mark.parametrize("damage", ["no file of weights", "no kind", "another shape"])
def test_a_file_that_holds_no_network_is_told(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "network.safetensors"
    config = RecurrentConfig(cell="gru", vocab_size=5, n_embd=2, n_hidden=3)
    neural_files.save(neural_files.network_of(config), path, small=False)
    if damage == "no file of weights":
        path.write_bytes(b"these are no weights")
    else:
        facts = (
            {"kind": "cloud"} if damage == "no kind" else {"kind": "recurrent", "config": json.dumps({"cell": "gru"})}
        )
        save_file({"a": np.zeros(2, dtype=np.float32)}, path, metadata=facts)
    with pytest.raises(ModelError, match="holds no network"):
        neural_files.load(path)
