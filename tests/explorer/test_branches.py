import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.branches import DEEPEST, MOST_CHARACTERS, MOST_PATHS, Branches, decode

ids = st.lists(st.integers(0, 3), max_size=8)


def test_a_path_taken_and_left_stays_as_a_branch():
    start = [1, 2, 3]
    gone = Branches(3).gone(start, [*start, 4])
    gone = gone.gone([*start, 4], [*start, 4, 5])
    assert gone == Branches(3, ((4, 5),))
    gone = gone.gone([*start, 4, 5], [*start, 4])
    assert gone == Branches(3, ((4, 5),))
    gone = gone.gone([*start, 4], [*start, 4, 6])
    assert gone == Branches(3, ((4, 5), (4, 6)))


def test_a_step_back_beyond_the_root_moves_it():
    gone = Branches(3, ((4,),)).gone([1, 2, 3, 4], [1])
    assert gone == Branches(1, ((2, 3, 4),))


def test_another_text_begins_anew():
    assert Branches(3, ((4,),)).gone([1, 2, 3, 4], [9, 9]) == Branches(2)
    assert Branches(0).gone([], [5]) == Branches(0, ((5,),))


@given(st.lists(ids, min_size=2, max_size=8))
def test_every_prompt_since_the_root_is_on_a_path(prompts):
    gone, before = Branches(len(prompts[0])), prompts[0]
    for now in prompts[1:]:
        old = gone
        gone = gone.gone(before, now)
        root = now[: gone.root]
        assert gone.root <= len(now)
        if now[: old.root] == before[: old.root] or before[: len(now)] == now:
            for there in (before, now, *([*before[: old.root], *path] for path in old.paths)):
                rest = tuple(there[gone.root :])
                assert there[: gone.root] == root
                assert not rest or any(path[: len(rest)] == rest for path in gone.paths)
        assert not any(a != b and b[: len(a)] == a for a in gone.paths for b in gone.paths)
        assert decode(gone.encode(), now, 4) == gone
        before = now


@pytest.mark.parametrize("raw", ["", "x", "9.1", "-1", "1.5-x", "1..", "1.99", "2.1-", "1e3", "٣"])
def test_nonsense_is_no_branch(raw):
    assert decode(raw, [1, 2], 10).paths == ()


def test_a_long_way_moves_the_root_on():
    gone, prompt = Branches(2, ((9,),)), [1, 2]
    for token_id in range(3 * DEEPEST):
        gone, prompt = gone.gone(prompt, [*prompt, token_id % 4]), [*prompt, token_id % 4]
        assert len(prompt) - gone.root <= DEEPEST
    assert gone.paths == (tuple(prompt[-DEEPEST:]),)
    back = gone.gone(prompt, prompt[:1])
    assert (back.root, [len(path) for path in back.paths]) == (1, [DEEPEST])
    assert decode(f"0.{'-'.join('1' * (DEEPEST + 1))}", [1], 4) == Branches(1)
    assert decode("0", list(range(DEEPEST + 1)), 99) == Branches(DEEPEST + 1)


def test_the_number_of_branches_is_bounded():
    gone, prompt = Branches(1), [0]
    for token_id in range(3 * MOST_PATHS):
        gone = gone.gone(prompt, [0, token_id]).gone([0, token_id], [0])
    assert len(gone.paths) == MOST_PATHS
    assert len(Branches(1, gone.paths).gone([0], [0, *[49_000] * 39]).encode()) <= MOST_CHARACTERS
    assert gone.paths[-1] == (3 * MOST_PATHS - 1,)
