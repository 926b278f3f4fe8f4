"""What it costs, on a sweep of a few small layers."""

import json
import time

import pytest

from explorer.jobs import Job
from explorer.panels import costs as panel
from models.mixers import costs
from models.mixers.costs import LECTURE
from tests.app.conftest import run

LENGTHS, WIDTHS = (4, 8, 16), (32, 64, 96)


@pytest.fixture
def small(open_page, monkeypatch, request):
    """Opens the page; each test has a sweep of its own, since equal ones are measured once."""
    first = 2 + sum(map(ord, request.node.name)) % 1000
    monkeypatch.setattr(panel, "LENGTH", first)
    monkeypatch.setattr(panel, "LENGTHS", (first, 2 * first, 4 * first))
    monkeypatch.setattr(panel, "WIDTHS", WIDTHS)
    sizes = costs.sizes(panel.LENGTHS, WIDTHS, first, panel.WIDTH, most_waits=first * 4)
    monkeypatch.setattr(panel, "SIZES", sizes)
    monkeypatch.setattr(costs, "measured", invented_all)
    return open_page


def invented(family, length, width):
    time.sleep(0.005)
    state = costs.state_bytes(family, length, width)
    return costs.Cost(family, length, width, 1e-6 * length**2 * width, 4 * length, 1e-6 * width, state, 1)


def invented_all(sizes):
    for size in sizes:
        yield invented(*size)


def measured(app):
    """The app once all is measured."""
    for _ in range(100):
        if "Measured here" in status(app):
            return app
        time.sleep(0.1)
        run(app)
    raise AssertionError(status(app))


def status(app):
    return next(html.proto.body for html in app.get("html") if 'role="status"' in html.proto.body)


def place_of_chart(app):
    """Which of the elements of its column the chart's fragment is."""
    for column in app.columns:
        for place, child in column.children.items():
            if getattr(child, "children", None) and child.get("plotly_chart"):
                return place
    raise AssertionError("no chart")


def chart(app):
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def names(app):
    return [label["text"] for label in chart(app)["layout"]["annotations"]]


def test_all_families_are_drawn_with_their_exponents(small):
    app = measured(small("costs"))
    assert set(names(app)) == {f"{title}  T<sup>2.0</sup>" for title in panel.TITLES.values()}
    run(app.segmented_control[1].set_value("width"))
    assert set(names(app)) == {
        f"{title}  d<sup>1.0</sup>" for family, title in panel.TITLES.items() if family != "n-gram"
    }


def test_presets_show_what_they_say(small):
    app = measured(small("costs"))
    run(app.button(key="preset_A state of fixed size").click())
    assert "LSTM  T<sup>0.00</sup>" in names(app)
    assert "transformer  T<sup>1.00</sup>" in names(app)
    assert app.query_params["costs_quantity"] == "state_bytes"


def test_the_table_has_the_lectures_orders_and_what_was_measured(small):
    app = measured(small("costs"))
    body = next(html.proto.body for html in app.get("html") if "Orders of growth" in html.proto.body)
    for orders in LECTURE.values():
        assert all(f"<td>{order}<br>" in body for order in orders)
    assert "T<sup>2.0</sup> d<sup>1.0</sup>" in body


def test_a_measurement_can_be_stopped_and_done_again(small, monkeypatch):
    def slow(sizes):
        for cost in invented_all(sizes):
            time.sleep(0.2)
            yield cost

    monkeypatch.setattr(costs, "measured", slow)
    app = small("costs")
    run(app.button(key="stop_costs").click())
    for _ in range(30):
        if "Stopped after" in status(run(app)):
            break
        time.sleep(0.1)
    assert "Stopped after" in status(app)
    assert not any("<sup>" in name for name in names(app))
    monkeypatch.setattr(costs, "measured", invented_all)
    run(app.button(key="again_costs").click())
    measured(app)
    before, place = chart(app), place_of_chart(app)
    waits = []
    monkeypatch.setattr(Job, "wait", lambda _, seconds: waits.append(seconds))
    run(app.button(key="again_costs").click())
    assert chart(app)["layout"] == before["layout"]  # until the new one is whole, the one before is shown
    assert place_of_chart(app) == place
    assert not waits


def test_the_calculator_follows_its_formula(small):
    app = small("costs", costs_t="2000", costs_d="512")
    body = next(html.proto.body for html in app.get("html") if "Bytes kept between tokens" in html.proto.body)
    assert "2 · 512 · 4</td><td>4,096</td>" in body
    assert "2 · 2,000 · 512 · 4</td><td>8,192,000</td><td>8.19 MB</td>" in body


@pytest.mark.slow
def test_real_layers_are_measured(open_page, monkeypatch):
    sizes = costs.sizes(LENGTHS, (64,), 4, 64, most_waits=16)
    for name, value in {"LENGTHS": LENGTHS, "WIDTHS": (64,), "LENGTH": 4, "SIZES": sizes}.items():
        monkeypatch.setattr(panel, name, value)
    app = measured(open_page("costs", costs_quantity="train_bytes"))
    assert sum("T<sup>" in name for name in names(app)) == 5  # all but the n-gram, which keeps nothing
