import csv
import functools
import io
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from explorer import downloads
from explorer.contents import entry

ENTRY = str(Path(__file__).parents[2] / "streamlit_app.py")


@pytest.fixture(autouse=True, scope="session")
def one_look_at_installed_packages():
    """Each AppTest reads what every installed package says of its components: a third of a second each time."""
    with pytest.MonkeyPatch.context() as patch:
        scan = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture
def open_page(tiny_folder, monkeypatch):
    """Opens a page of the app, on the tiny model, as a link with these parameters would."""
    monkeypatch.setenv("LM_EXPLORER_MODEL", str(tiny_folder))

    def opened(slug, **parameters) -> AppTest:
        app = AppTest.from_file(ENTRY, default_timeout=60).run()
        for name, value in parameters.items():
            app.query_params[name] = value
        if slug != "home":
            app.switch_page(entry(slug).path)
        return run(app)

    return opened


@pytest.fixture
def csv_files(monkeypatch):
    """The CSV files that were made, the newest last, each as rows of texts by their columns' names."""
    made, csv_file = [], downloads.csv_file

    def recorded(columns):
        file = csv_file(columns)
        made.append(list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline=""))))
        return file

    monkeypatch.setattr(downloads, "csv_file", recorded)
    return made


def run(changed) -> AppTest:
    """One run, after a change of an element or of the app, that must not fail."""
    app = changed.run()
    assert not app.exception, app.exception
    return app
