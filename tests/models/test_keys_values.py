import torch

from models.mixers.keys_values import PrefixStore


def layers(length, fill=0.0):
    return [(torch.full((1, 2, length, 4), fill), torch.full((1, 2, length, 4), -fill))]


def test_longest_common_prefix_is_found_and_cut():
    store = PrefixStore(10**6)
    store.add([1, 2, 3, 4], layers(4, 1.0))
    store.add([1, 9], layers(2, 2.0))
    length, found = store.longest([1, 2, 3, 7, 8], at_most=99)
    assert length == 3
    assert torch.equal(found[0][0], torch.full((1, 2, 3, 4), 1.0))
    assert store.longest([1, 2, 3], at_most=2)[0] == 2
    assert store.longest([5], at_most=9) == (0, [])


def test_a_longer_text_takes_the_place_of_its_prefix():
    store = PrefixStore(10**6)
    store.add([1, 2], layers(2))
    store.add([1, 2, 3], layers(3))
    assert store.bytes == 3 * 2 * 4 * 4 * 2


def test_a_prefix_of_what_is_kept_is_not_kept_again():
    store = PrefixStore(10**6)
    store.add([1, 2, 3], layers(3))
    store.add([1, 2], layers(2))
    assert store.bytes == 3 * 2 * 4 * 4 * 2


def test_the_least_recently_used_goes_first_and_memory_is_bounded():
    one = 5 * 2 * 4 * 4 * 2
    store = PrefixStore(2 * one)
    store.add([1] * 5, layers(5))
    store.add([2] * 5, layers(5))
    store.longest([1], at_most=1)
    store.add([3] * 5, layers(5))
    assert store.longest([2], at_most=1)[0] == 0
    assert store.longest([1], at_most=1)[0] == 1
    assert store.bytes <= store.max_bytes
    store.max_entries = 1
    store.add([5], layers(1))
    assert store.longest([1], at_most=1)[0] == 0
    store.add([4] * 50, layers(50))
    assert store.longest([4], at_most=1)[0] == 0
