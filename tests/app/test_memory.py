"""A session that goes on and on holds no more than one that began."""

import gc

import pytest

from explorer import loading
from models.mixers.inside import TransformerTrace
from tests.app.conftest import run


def objects():
    gc.collect()
    return len(gc.get_objects())


def traces():
    """How many of a transformer are alive, once the queue's results are gone."""
    loading.counting_queue()._results.clear()
    gc.collect()
    return sum(isinstance(one, TransformerTrace) for one in gc.get_objects())


@pytest.mark.slow
def test_reruns_leave_nothing_behind(open_page):
    """The collection after each run is off, so what a run makes must go by itself or at Python's next collection."""
    app = open_page("next_token")

    def type_prompts(count, start):
        for i in range(start, start + count):
            run(app.text_area[0].input(f"happy new year number {i}"))

    type_prompts(140, 0)  # fills every bounded store: results, undo, keys and values
    before = objects()
    type_prompts(50, 1000)
    # Streamlit itself keeps five small objects for each figure with a selection.
    assert objects() - before < 50 * 8


@pytest.mark.parametrize("view", ["walk", "attention", "lens", "parts", "out", "cache"])
def test_a_session_holds_no_trace(open_page, view):
    """One of a large model takes 70 MB: only the queue keeps it, as far as there is room."""
    app = open_page("transformer", transformer_view=view, transformer_out="h1.1")
    run(app.text_area[0].input("happy new year"))
    assert traces() == 0
