"""Whether what is seen inside a pretrained transformer is what it computes: each step is done again by its formula."""

from collections.abc import Iterator
from dataclasses import replace

import torch
import transformers
from torch import Tensor
from torch.nn.functional import linear

from models.mixers.inside import Inside, TransformerTrace

# By how much numbers may miss those that they should be, as a share of the largest of these.
_CLOSE = {torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}


def checked(inside: Inside, network: transformers.PreTrainedModel) -> Inside:
    """The same, once it is sure that what is seen adds up to what the network says.

    Raises:
        ValueError: it does not.
    """
    ids = list(range(3, 9))
    trace = inside.trace(ids)
    with torch.no_grad():
        logits = network(torch.tensor([ids], device=network.device)).logits[0].float().cpu()
        whole = inside.attribution(trace, len(ids) - 1, int(logits[-1].argmax()))
        close, off = _CLOSE[network.dtype], (trace.logits - logits).abs()
        # With few bits, a single token may end up elsewhere when the same is summed in another order.
        most = off.max() if network.dtype == torch.float32 else off.median()
        if not all(one <= close * float(logits.abs().max()) for one in (float(most), abs(whole.total - whole.logit))):
            raise ValueError("the parts do not add up to the whole")  # they may be no numbers at all
        for name, seen, wanted in _steps(inside, trace):
            if not float((seen - wanted).abs().max()) <= close * float(wanted.abs().max()):
                raise ValueError(f"{name}: something else is computed")
    # Some families have no word for it in their config: their MLP reads what the attention reads.
    alike = torch.equal(trace.layers[0].mlp_in, trace.layers[0].attn_in)
    return replace(inside, parallel=inside.parallel or alike)


def _steps(inside: Inside, trace: TransformerTrace) -> Iterator[tuple[str, Tensor, Tensor]]:
    """What each step gives in the network, and what it makes by its formula of what was there before it."""
    shared, before = inside.n_head // inside.n_kv_head, trace.resid_pre
    for one, weights in zip(trace.layers, inside.layers, strict=True):
        keys, values = one.k.repeat_interleave(shared, dim=0), one.v.repeat_interleave(shared, dim=0)
        if weights.w_v is not None:
            b_v = None if weights.b_v is None else weights.b_v.flatten()
            yield "values", _joined(one.v), _linear(one.attn_in, _joined(weights.w_v), b_v)
        yield "scores", one.scores, one.q @ keys.mT * weights.scale
        yield "mix", one.z, one.pattern @ values
        yield "attention", one.attn_out, _linear(_joined(one.z), weights.w_o.flatten(0, 1), weights.b_o)
        # Of the stream that the layer itself was given.
        yield "stream", one.resid_mid, before + one.attn_out
        yield "MLP", one.mlp_out, _linear(one.mlp_hidden, weights.w_out, weights.b_out)
        yield "stream", one.resid_post, one.resid_mid + one.mlp_out
        before = one.resid_post


def _joined(of_heads: Tensor) -> Tensor:
    """All heads beside each other."""
    return of_heads.transpose(0, 1).flatten(1)


def _linear(x: Tensor, matrix: Tensor, bias: Tensor | None) -> Tensor:
    return linear(x.to(matrix), matrix.mT, bias).float().cpu()
