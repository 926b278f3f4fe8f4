import pytest
import torch

from models import device
from models.errors import ModelError


def test_the_environment_overrides(monkeypatch):
    monkeypatch.setenv("LM_EXPLORER_DEVICE", "cpu")
    monkeypatch.setenv("LM_EXPLORER_DTYPE", "bfloat16")
    assert device.pick() == torch.device("cpu")
    assert device.dtype() == torch.bfloat16


def test_nonsense_is_explained(monkeypatch):
    monkeypatch.setenv("LM_EXPLORER_DEVICE", "abacus")
    monkeypatch.setenv("LM_EXPLORER_DTYPE", "float3")
    with pytest.raises(ModelError, match="abacus"):
        device.pick()
    with pytest.raises(ModelError, match="float3"):
        device.dtype()


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [
        ({1: 1.0, 2: 0.6, 4: 0.1}, 1),
        ({1: 1.0, 2: 0.5, 4: 0.4}, 2),
        ({1: 1.0, 2: 0.5, 4: 0.25}, 4),
        ({1: 1.0, 2: 9.0}, 1),
    ],
)
def test_more_threads_must_be_worth_it(monkeypatch, seconds, wanted):
    before = torch.get_num_threads()
    monkeypatch.setattr(device, "_cores", lambda: max(seconds))
    monkeypatch.setattr(device, "_seconds", seconds.__getitem__)
    monkeypatch.setenv("LM_EXPLORER_DEVICE", "cpu")
    device.threads.cache_clear()
    assert device.threads() == wanted == torch.get_num_threads()
    assert device.workers() == max(seconds) // wanted
    device.threads.cache_clear()
    torch.set_num_threads(before)
