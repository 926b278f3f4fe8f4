import torch
from hypothesis import given
from hypothesis import strategies as st

from models.mixers.keys_values import BLOCK, PrefixStore
from models.tokens.prefixes import common_prefix

BYTES = 2 * 2 * 4 * 4  # of one token: keys and values, two heads of four numbers


def layers(idx):
    """One layer whose keys tell, at each position, the sum of all tokens so far."""
    sums = torch.tensor(idx, dtype=torch.float32).cumsum(0)
    keys = sums[None, None, :, None].expand(1, 2, len(idx), 4)
    return [(keys, -keys)]


def found(store, idx, at_most=10_000):
    parts = store.longest(idx, at_most)
    return torch.cat(parts, dim=3)[0, 0, 0, :, 0].tolist() if parts else []


texts = st.lists(st.integers(1, 2), min_size=1, max_size=3 * BLOCK)


@given(st.lists(texts, max_size=6), texts, st.integers(0, 3 * BLOCK))
def test_what_is_known_of_a_text_is_what_its_best_predecessor_shares(stored, wanted, at_most):
    store = PrefixStore(10**9)
    for idx in stored:
        store.add(idx, layers(idx))
    shared = min(at_most, max((common_prefix(idx, wanted) for idx in stored), default=0))
    sums = torch.tensor(wanted, dtype=torch.float32).cumsum(0).tolist()
    assert found(store, wanted, at_most) == sums[:shared]


@given(st.lists(texts, min_size=1, max_size=6))
def test_what_texts_share_is_held_once(stored):
    """In whole blocks: within a block that they do not share whole, each text that goes its own way holds its own."""
    store = PrefixStore(10**9)
    for idx in stored:
        store.add(idx, layers(idx))
    blocks = {
        (idx[:start], idx[start : start + BLOCK]) for idx in map(tuple, stored) for start in range(0, len(idx), BLOCK)
    }
    held = [
        block
        for before, block in blocks
        if not any(there == before and other != block and other[: len(block)] == block for there, other in blocks)
    ]
    assert store.bytes == sum(map(len, held)) * BYTES


def test_the_least_recently_used_goes_first_and_memory_is_bounded():
    store = PrefixStore(2 * 5 * BYTES)
    store.add([1] * 5, layers([1] * 5))
    store.add([2] * 5, layers([2] * 5))
    found(store, [1])
    store.add([3] * 5, layers([3] * 5))
    assert not found(store, [2])
    assert found(store, [1]) == [1]
    assert store.bytes <= store.max_bytes
    store.max_blocks = 1
    store.add([5], layers([5]))
    assert not found(store, [1])


def test_of_a_text_that_is_too_long_the_beginning_stays():
    store = PrefixStore(BLOCK * BYTES)
    idx = [4] * 50
    store.add(idx, layers(idx))
    assert len(found(store, idx)) == BLOCK
