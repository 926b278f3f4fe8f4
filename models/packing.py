"""What models learned, as it ships: tables of weights in 8 bits a number, other weights in 16, counts compressed."""

import lzma
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors import safe_open
from safetensors.numpy import load, save_file
from safetensors.numpy import save as serialized
from torch import nn

_LEVELS = 127


def packed(name: str, rows: Float[np.ndarray, "row width"]) -> dict[str, np.ndarray]:
    """Rows in 8 bits: each is its largest number, in 16 bits, times whole numbers from -127 to 127, over 127."""
    largest = np.abs(rows).max(axis=1, keepdims=True).astype(np.float16)
    whole = np.round(rows / np.maximum(largest.astype(np.float32), 1e-8) * _LEVELS).clip(-_LEVELS, _LEVELS)
    return {name: whole.astype(np.int8), f"{name}_largest": largest}


def unpacked(tensors: Mapping[str, np.ndarray], name: str) -> Float[np.ndarray, "row width"]:
    """The rows of that name in a file."""
    return tensors[name] * (tensors[f"{name}_largest"].astype(np.float32) / _LEVELS)


def save(module: nn.Module, path: Path, facts: Mapping[str, str], *, small: bool = True) -> None:
    """Writes what a module has learned, and facts about it.

    Args:
        module: what is written.
        path: of a safetensors file.
        facts: for whoever makes the module anew.
        small: tables in 8 bits a number, the rest in 16; else all as it is.
    """
    tensors: dict[str, np.ndarray] = {}
    for name, weights in module.state_dict().items():
        array = weights.detach().float().cpu().numpy()
        if not small:
            tensors[name] = array
        elif array.ndim == 2:
            tensors |= packed(name, array)
        else:
            tensors[name] = array.astype(np.float16)
    save_file(tensors, path, metadata=dict(facts))
    path.chmod(0o644)  # safetensors lets only its writer read it


def opened(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """The facts and the tensors of a file."""
    with safe_open(path, framework="numpy") as file:
        return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping


def fill(module: nn.Module, tensors: Mapping[str, np.ndarray]) -> None:
    """Puts weights from a file into a module, in float32."""
    weights = {
        name: unpacked(tensors, name) if f"{name}_largest" in tensors else tensors[name].astype(np.float32)
        for name in module.state_dict()
    }
    module.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})


def save_counts(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Writes arrays of counts compressed: sorted tables of whole numbers take about half the place."""
    path.write_bytes(lzma.compress(serialized(dict(arrays))))


def load_counts(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file that `save_counts` wrote."""
    arrays: dict[str, np.ndarray] = load(lzma.decompress(path.read_bytes()))
    return arrays
