import re
import subprocess
import sys
from pathlib import Path

from streamlit import config

from explorer.contents import PAGES, SECTIONS

ROOT = Path(__file__).parents[2]


def test_every_page_has_its_file_and_every_file_its_page():
    files = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "app_pages").glob("*/*.py") if path.stem != "__init__"
    }
    assert files == {page.path for page in PAGES}


def test_no_folder_is_called_pages():
    """Beside the entry file Streamlit takes one for its old auto-discovery, and greets a link with "Page not found"."""
    assert not (ROOT / "pages").exists()


def test_entries_are_whole():
    assert len({page.slug for page in PAGES}) == len(PAGES)
    for page in PAGES:
        assert page.wing in SECTIONS
        assert re.fullmatch(r"[a-z][a-z0-9_]*", page.slug)
        assert page.title
        assert page.icon
        assert page.promise.endswith((".", "?"))


def test_pages_of_a_wing_stand_together():
    order = list(dict.fromkeys(page.wing for page in PAGES))
    assert order == [wing for wing in SECTIONS if wing in order]


def test_explorer_and_home_import_no_torch():
    code = (
        "import sys, explorer.chrome, explorer.controls, explorer.contents, explorer.loading;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_streamlit_does_not_collect_garbage_after_each_run():
    """The option is hidden, so a new version may rename it: get_option would raise then."""
    config.get_config_options(force_reparse=True)
    assert config.get_option("runner.postScriptGC") is False


def test_no_module_holds_two_ideas():
    limits = {"app_pages": 150, "explorer": 350, "models": 350}
    for folder, limit in limits.items():
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= limit, path


def test_pages_are_thin():
    for page in PAGES:
        assert "session_state" not in (ROOT / page.path).read_text(), page.path
