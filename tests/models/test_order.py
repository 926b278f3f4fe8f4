"""Without positions and mask attention is permutation equivariant; anything else tells orders apart."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from models.mixers import order
from models.mixers.order import NEEDS_MASK, SCHEMES, attended, compared, last_row
from models.mixers.transformer import Attention, TransformerConfig

_E = torch.randn(6, 16, generator=torch.Generator().manual_seed(3))
_ORDER = [2, 0, 1, 4, 5, 3]


def test_without_positions_and_mask_order_is_nothing() -> None:
    assert float(compared(_E, _ORDER, "none", masked=False).differences.max()) < 1e-12


@given(length=st.integers(2, 12), seed=st.integers(0, 1_000), data=st.data())
def test_without_positions_any_order_of_any_text_is_nothing(length: int, seed: int, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(length)))
    e = torch.randn(length, 16, generator=torch.Generator().manual_seed(seed))
    assert float(compared(e, order, "none", masked=False, seed=seed).differences.max()) < 1e-9


@given(
    length=st.integers(1, 12),
    seed=st.integers(0, 1_000),
    places=st.tuples(st.integers(0, 900), st.integers(0, 900)),
    scheme=st.sampled_from(["alibi", "rope", "t5"]),
)
def test_relative_schemes_score_alike_at_any_two_places(
    length: int, seed: int, places: tuple[int, int], scheme: str
) -> None:
    e = torch.randn(length, 16, generator=torch.Generator().manual_seed(seed))
    (near, _), (far, _) = (last_row(e, scheme, first, seed=seed) for first in places)
    torch.testing.assert_close(near, far, atol=1e-9, rtol=0)


@pytest.mark.parametrize("scheme", [one for one in SCHEMES if one not in ("none", *NEEDS_MASK)])
def test_positions_tell_orders_apart(scheme: str) -> None:
    assert float(compared(_E, _ORDER, scheme, masked=False).differences.min()) > 1e-3


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_mask_lets_order_through(scheme: str) -> None:
    assert float(compared(_E, _ORDER, scheme, masked=True).differences.max()) > 1e-2


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_same_order_gives_the_same(scheme: str) -> None:
    assert float(compared(_E, range(6), scheme, masked=True).differences.max()) == 0


def test_the_last_token_sees_the_same_set_with_a_mask() -> None:
    differences = compared(_E, [1, 0, 2, 4, 3, 5], "none", masked=True).differences
    assert float(differences[5]) < 1e-12
    assert float(differences[0]) > 1e-3


@pytest.mark.parametrize("masked", [False, True])
def test_it_is_torchs_attention(masked: bool) -> None:
    attention = Attention(TransformerConfig(vocab_size=1, n_embd=16, n_layer=1, n_head=4, positions="none"))
    theirs = nn.MultiheadAttention(16, 4, batch_first=True)
    theirs.load_state_dict(
        {
            "in_proj_weight": attention.c_attn.weight,
            "in_proj_bias": attention.c_attn.bias,
            "out_proj.weight": attention.c_proj.weight,
            "out_proj.bias": attention.c_proj.bias,
        }
    )
    mask = nn.Transformer.generate_square_subsequent_mask(6) if masked else None
    expected, _ = theirs(_E[None], _E[None], _E[None], attn_mask=mask, is_causal=masked)
    torch.testing.assert_close(attended(attention, _E, masked=masked), expected[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_relative_schemes_look_alike_wherever_a_text_stands(scheme: str) -> None:
    (near, weights), (far, _) = last_row(_E, scheme, 1), last_row(_E, scheme, 500)
    is_relative = scheme in ("none", "alibi", "rope", "t5")
    assert (float((near - far).abs().max()) < 1e-9) is is_relative
    torch.testing.assert_close(weights.sum(-1), torch.ones(4, dtype=torch.double))


@torch.no_grad()
def test_the_last_row_is_by_hand() -> None:
    attention, code = order._drawn(16, "sinusoidal", 1)
    x = _E.double() / _E.double().norm(dim=-1, keepdim=True) * 4 + code[7:13]
    (wq, bq), (wk, bk) = (
        (attention.c_attn.weight[part], attention.c_attn.bias[part]) for part in (slice(0, 16), slice(16, 32))
    )
    row, weights = last_row(_E, "sinusoidal", 7)
    for head in range(4):
        part = slice(4 * head, 4 * head + 4)
        query = (wq @ x[-1] + bq)[part]
        for place in range(6):
            key = (wk @ x[place] + bk)[part]
            assert float(row[head, place]) == pytest.approx(float(query @ key) / 2, abs=1e-9)
    torch.testing.assert_close(weights, row.softmax(-1))
