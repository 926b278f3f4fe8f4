"""Networks in files: their shape, and their weights in 8 bits or as they are."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from models.errors import ModelError
from models.mixers.feedforward import FeedForwardConfig, FeedForwardNetwork
from models.mixers.network import Network
from models.mixers.recurrent import RecurrentConfig, RecurrentNetwork
from models.mixers.transformer import TransformerConfig, TransformerNetwork
from models.packing import packed, unpacked

Config = RecurrentConfig | FeedForwardConfig | TransformerConfig
_NETWORKS: dict[str, tuple[type[Any], Callable[[Any], Network]]] = {
    "recurrent": (RecurrentConfig, RecurrentNetwork),
    "feedforward": (FeedForwardConfig, FeedForwardNetwork),
    "transformer": (TransformerConfig, TransformerNetwork),
}


def kind_of(config: Config) -> str:
    """What family of networks it shapes."""
    return next(kind for kind, (shape, _) in _NETWORKS.items() if isinstance(config, shape))


def network_of(config: Config) -> Network:
    """A network of that shape with fresh weights."""
    return _NETWORKS[kind_of(config)][1](config)


def save(network: Network, path: Path, *, small: bool = True) -> None:
    """Writes shape and weights.

    Args:
        network: what is written.
        path: of a safetensors file.
        small: tables in 8 bits a number, the rest in 16; else all as it is.
    """
    tensors: dict[str, np.ndarray] = {}
    for name, weights in network.state_dict().items():
        array = weights.detach().float().cpu().numpy()
        if not small:
            tensors[name] = array
        elif array.ndim == 2:
            tensors |= packed(name, array)
        else:
            tensors[name] = array.astype(np.float16)
    save_file(tensors, path, metadata={"kind": kind_of(network.config), "config": json.dumps(asdict(network.config))})


def load(path: Path) -> Network:
    """The network of a file, in float32.

    Raises:
        ModelError: it holds none.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            facts = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        network = network_of(_NETWORKS[facts["kind"]][0](**json.loads(facts["config"])))
        weights = {
            name: unpacked(tensors, name) if f"{name}_largest" in tensors else tensors[name].astype(np.float32)
            for name in network.state_dict()
        }
        network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{path} holds no network that is known here: choose another file, or train it again."
        ) from error
    return network
