import pytest

from models.prediction import beam_search, score
from models.prediction.generating import Hypothesis
from models.prediction.paths import search, tree, walk
from tests.toys import BigramLM


def test_paths_taken_have_the_log_probabilities_of_a_score(tiny):
    root = tiny.tokenizer.encode("happy new")
    taken = [tuple(tiny.tokenizer.encode(text)) for text in (" year", "s and years", " a", " b", "!", " once upon")]
    found = list(walk(tiny, root, taken))
    assert [one.token_ids for one in found] == taken
    for one in found:
        wanted = score(tiny, [*root, *one.token_ids]).log_probs[len(root) :]
        assert one.log_probs == pytest.approx(wanted.tolist(), abs=1e-4)


def test_greedy_and_beam_are_those_of_beam_search():
    lm = BigramLM()
    *_, last = search(lm, [0], 3, 4)
    assert last.greedy == list(beam_search(lm, [0], 1, 4))[-1][0]
    assert list(last.beams) == list(beam_search(lm, [0], 3, 4))[-1]
    *_, only = search(lm, [0], 1, 4)
    assert (only.greedy, only.beams) == (last.greedy, ())


def test_a_tree_holds_a_shared_token_once():
    paths = [
        Hypothesis((1, 2, 3), (-1.0, -2.0, -3.0), ended=False),
        Hypothesis((1, 2, 4), (-1.0, -2.0, -4.0), ended=False),
        Hypothesis((2,), (-5.0,), ended=False),
        Hypothesis((), (), ended=False),
    ]
    nodes, walks = tree(paths)
    assert walks == [[0, 1, 2], [0, 1, 3], [4], []]
    assert [(node.token_id, node.parent) for node in nodes] == [(1, -1), (2, 0), (3, 1), (4, 1), (2, -1)]
    assert [nodes[walk[-1]].total for walk in walks if walk] == [path.total for path in paths if path.token_ids]
