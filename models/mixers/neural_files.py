"""Networks in files: their shape, and their weights in 8 bits or as they are."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from models import packing
from models.errors import ModelError
from models.mixers.feedforward import FeedForwardConfig, FeedForwardNetwork
from models.mixers.network import Network
from models.mixers.recurrent import RecurrentConfig, RecurrentNetwork
from models.mixers.transformer import TransformerConfig, TransformerNetwork

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
    facts = {"kind": kind_of(network.config), "config": json.dumps(asdict(network.config))}
    packing.save(network, path, facts, small=small)


def load(path: Path) -> Network:
    """The network of a file, in float32.

    Raises:
        ModelError: it holds none.
    """
    try:
        facts, tensors = packing.opened(path)
        network = network_of(_NETWORKS[facts["kind"]][0](**json.loads(facts["config"])))
        packing.fill(network, tensors)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{path} holds no network that is known here: choose another file, or train it again."
        ) from error
    return network
