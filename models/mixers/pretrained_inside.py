"""A pretrained transformer, opened: what its own modules compute, told by hooks on a copy that shares the weights.

The model that all sessions share is never touched, and what a call sees is told to that call alone.
"""

import copy
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
import transformers
from jaxtyping import Float
from torch import Tensor, nn
from transformers.masking_utils import eager_mask
from transformers.pytorch_utils import Conv1D

from models.errors import ModelError
from models.mixers import pretrained_checked
from models.mixers.inside import Ablation, Ablations, Inside, LayerTrace, LayerWeights, TransformerTrace

_TELLING = "telling"  # the name of our attention
# What the parts of a layer are called in the families that transformers knows.
_ATTENTION = ("self_attn", "attn", "attention")
_ATTENTION_LAST = ("o_proj", "c_proj", "out_proj", "dense")
_MLP = ("mlp",)
_MLP_LAST = ("down_proj", "c_proj", "dense_4h_to_h", "fc2")
_LAYERS = ("layers", "h")
_NORM = ("norm", "ln_f", "final_layer_norm", "final_layernorm")
_PARALLEL = ("use_parallel_residual", "parallel_attn")


@dataclass(eq=False)
class _Notes:
    """What one call sees; of each layer its parts by name."""

    without: Ablations
    tells: bool = True
    embeddings: Tensor | None = None
    final: Tensor | None = None
    layers: dict[int, dict[str, Tensor]] = field(default_factory=dict)

    def add(self, layer: int, **seen: Tensor) -> None:
        """Writes down what a layer computes, of the only text there is."""
        if self.tells:
            self.layers.setdefault(layer, {}).update({name: tensor[0].float().cpu() for name, tensor in seen.items()})


class BuiltOtherwise(ModelError):
    """A network that can't be looked into, now or later."""


_NOTES: ContextVar[_Notes] = ContextVar("notes")


def opened(network: transformers.PreTrainedModel, title: str) -> Inside:
    """The network, opened.

    Raises:
        BuiltOtherwise: not as transformers mostly are.
        ModelError: there is too little memory.
    """
    try:
        return pretrained_checked.checked(_opened(network), network)
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error):  # of a GPU, of the CPU
            raise ModelError(
                f"There is too little free memory to look inside {title}: choose a smaller one."
            ) from error
        message = f"{title} is built in a way that can't be looked into here: choose another model."
        raise BuiltOtherwise(message) from error


def _opened(network: Any) -> Inside:
    shared = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
    mine = copy.deepcopy(network, shared)
    mine.set_attn_implementation(_TELLING)
    config = mine.config.get_text_config()
    n_head = config.num_attention_heads
    n_kv_head = getattr(config, "num_key_value_heads", None) or n_head
    mine.get_input_embeddings().register_forward_hook(_note_embeddings)
    _part(mine.base_model, _NORM).register_forward_hook(_note_final)
    layers = _part(mine.base_model, _LAYERS)
    weights = tuple(_hooked(layer, i, n_head, n_kv_head) for i, layer in enumerate(layers))
    norm = _part(network.base_model, _NORM)
    head: Any = mine.get_output_embeddings()

    def read(token_ids: Sequence[int], without: Ablation) -> TransformerTrace:
        return _read(mine, token_ids, without)

    def read_each(token_ids: Sequence[int], each: Sequence[Ablation]) -> Float[Tensor, "text vocab"]:
        return _read_each(mine, token_ids, each)

    parallel, bias = any(getattr(config, name, False) for name in _PARALLEL), getattr(head, "bias", None)
    return Inside(n_head, n_kv_head, norm, head.weight.detach(), bias, weights, read, parallel, read_each)


def _read(network: Any, token_ids: Sequence[int], without: Ablation) -> TransformerTrace:
    notes = _Notes(Ablations((without,)))
    before = _NOTES.set(notes)
    try:
        logits = network(torch.tensor([list(token_ids)], device=network.device), use_cache=False).logits[0]
    finally:
        _NOTES.reset(before)
    if notes.embeddings is None or notes.final is None:
        raise ValueError("the network has no embeddings or no last norm")
    before_each = [seen.pop("resid_pre") for _, seen in sorted(notes.layers.items())]
    layers = tuple(
        LayerTrace(**notes.layers[i], resid_mid=x + notes.layers[i]["attn_out"]) for i, x in enumerate(before_each)
    )
    return TransformerTrace(
        tuple(token_ids), notes.embeddings, before_each[0], layers, notes.final, logits.float().cpu()
    )


def _read_each(network: Any, token_ids: Sequence[int], each: Sequence[Ablation]) -> Float[Tensor, "text vocab"]:
    """All in one batch: the weights, which take longest to fetch, are fetched once."""
    before = _NOTES.set(_Notes(Ablations(tuple(each)), tells=False))
    try:
        ids = torch.tensor([list(token_ids)] * len(each), device=network.device)
        logits: Tensor = network(ids, use_cache=False, logits_to_keep=1).logits
    finally:
        _NOTES.reset(before)
    return logits[:, -1].float().cpu()


def _hooked(layer: nn.Module, i: int, n_head: int, n_kv_head: int) -> LayerWeights:
    """Lets the parts of a layer tell what they compute, and take out what is to be taken out."""
    attention = _part(layer, _ATTENTION)
    attention_last = _part(attention, _ATTENTION_LAST)
    mlp = _part(layer, _MLP)
    mlp_last = _part(mlp, _MLP_LAST)

    def begin(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        _NOTES.get().add(i, resid_pre=args[0] if args else kwargs["hidden_states"])

    def attend(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        _NOTES.get().add(i, attn_in=args[0] if args else kwargs["hidden_states"])

    def mix(_module: nn.Module, args: tuple[Tensor]) -> tuple[Tensor]:
        notes = _NOTES.get()
        z = notes.without.kept(i, args[0].view(*args[0].shape[:2], n_head, -1).transpose(1, 2))
        notes.add(i, z=z)
        return (z.transpose(1, 2).flatten(2),)

    def attended(_module: nn.Module, _args: object, output: tuple[Any, ...]) -> tuple[Any, ...]:
        notes = _NOTES.get()
        added = notes.without.attention(i, output[0])
        notes.add(i, attn_out=added)
        return (added, *output[1:])

    def think(_module: nn.Module, args: tuple[Tensor]) -> None:
        _NOTES.get().add(i, mlp_in=args[0])

    def recall(_module: nn.Module, args: tuple[Tensor]) -> None:
        _NOTES.get().add(i, mlp_hidden=args[0])

    def thought(_module: nn.Module, _args: object, output: Tensor) -> Tensor:
        notes = _NOTES.get()
        added = notes.without.mlp(i, output)
        notes.add(i, mlp_out=added)
        return added

    def end(_module: nn.Module, _args: object, output: Any) -> None:
        _NOTES.get().add(i, resid_post=output if isinstance(output, Tensor) else output[0])

    layer.register_forward_pre_hook(begin, with_kwargs=True)
    attention.register_forward_pre_hook(attend, with_kwargs=True)
    attention_last.register_forward_pre_hook(mix)
    attention.register_forward_hook(attended)
    mlp.register_forward_pre_hook(think)
    mlp_last.register_forward_pre_hook(recall)
    mlp.register_forward_hook(thought)
    layer.register_forward_hook(end)
    attention.explorer_layer = i
    w_q, b_q = _columns(attention, "q_proj", n_head)
    w_k, b_k = _columns(attention, "k_proj", n_kv_head)
    w_v, b_v = _columns(attention, "v_proj", n_kv_head)
    w_o = _heads(_matrix(attention_last), n_head)
    return LayerWeights(
        w_o=w_o,
        b_o=_bias(attention_last),
        w_out=_matrix(mlp_last),
        b_out=_bias(mlp_last),
        w_q=w_q,
        b_q=b_q,
        w_k=w_k,
        b_k=b_k,
        w_v=w_v,
        b_v=b_v,
        scale=_scale(attention, w_o.shape[1]),
        score_bias=lambda _length: None,
    )


def _scale(attention: nn.Module, d_head: int) -> float:
    """By what the scores are multiplied; the name is the one that the families share."""
    scaling = getattr(attention, "scaling", None)
    return d_head**-0.5 if scaling is None else float(scaling)


def _columns(attention: nn.Module, name: str, heads: int) -> tuple[Tensor | None, Tensor | None]:
    """The matrix and the bias of queries or values, head by head; none where they share one with others."""
    module = getattr(attention, name, None)
    if module is None:
        return None, None
    bias = _bias(module)
    return _heads(_matrix(module).mT, heads).mT, None if bias is None else bias.view(heads, -1)


def _heads(matrix: Float[Tensor, "all n_embd"], heads: int) -> Float[Tensor, "n_head d_head n_embd"]:
    return matrix.reshape(heads, -1, matrix.shape[-1])


def _matrix(module: Any) -> Tensor:
    """As it multiplies a row vector from the right."""
    weight: Tensor = module.weight.detach()
    return weight if isinstance(module, Conv1D) else weight.mT


def _bias(module: Any) -> Tensor | None:
    bias: Tensor | None = getattr(module, "bias", None)
    return None if bias is None else bias.detach()


def _part(module: Any, names: tuple[str, ...]) -> Any:
    """The part that has one of these names."""
    found = next((name for name in names if getattr(module, name, None) is not None), names[0])
    return getattr(module, found)


def _note_embeddings(_module: nn.Module, _args: object, output: Tensor) -> None:
    _NOTES.get().embeddings = output[0].float().cpu()


def _note_final(_module: nn.Module, _args: object, output: Tensor) -> None:
    _NOTES.get().final = output[0].float().cpu()


def _telling(
    module: Any,
    query: Float[Tensor, "batch n_head pos d_head"],
    key: Float[Tensor, "batch n_kv_head pos d_head"],
    value: Float[Tensor, "batch n_kv_head pos d_head"],
    attention_mask: Tensor,
    scaling: float | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **_options: object,
) -> tuple[Tensor, None]:
    """softmax(q k^T scaled + mask) v, and every step of it written down."""
    if softcap is not None or s_aux is not None:
        raise ValueError("this attention is another one")
    notes = _NOTES.get()
    shared = query.shape[1] // key.shape[1]
    keys, values = key.repeat_interleave(shared, dim=1), value.repeat_interleave(shared, dim=1)
    scores = query @ keys.mT * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    length = scores.shape[-1]
    pattern = (notes.without.hidden(scores) + attention_mask[..., :length]).softmax(-1, dtype=torch.float32)
    notes.add(module.explorer_layer, q=query, k=key, v=value, scores=scores, pattern=pattern)
    return (pattern.to(value.dtype) @ values).transpose(1, 2).contiguous(), None


transformers.AttentionInterface.register(_TELLING, _telling)
transformers.AttentionMaskInterface.register(_TELLING, eager_mask)
