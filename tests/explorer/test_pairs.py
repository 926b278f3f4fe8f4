from collections import Counter
from itertools import takewhile

from explorer.pairs import KINDS, PAIRS, right_is_first


def shared(one, other):
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other)))


def test_the_two_sentences_of_a_pair_differ_in_one_short_place():
    for pair in PAIRS:
        before = shared(pair.right, pair.wrong)
        after = shared(pair.right[before:][::-1], pair.wrong[before:][::-1])
        assert 0 < len(pair.right) + len(pair.wrong) - 2 * (before + after) < 20, pair
        assert pair.why.endswith(".")


def test_every_kind_has_pairs_and_none_comes_twice():
    kinds = Counter(pair.kind for pair in PAIRS)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 20
    assert len({pair.right for pair in PAIRS}) == len(PAIRS)


def test_the_right_one_stands_at_either_side_about_as_often():
    first = sum(right_is_first(number) for number in range(1, len(PAIRS) + 1))
    assert abs(first - len(PAIRS) / 2) <= 4
