"""A session that goes on and on holds no more than one that began."""

import gc

import pytest

from tests.app.conftest import run


def objects():
    gc.collect()
    return len(gc.get_objects())


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
