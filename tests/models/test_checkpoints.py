import subprocess
import sys
from pathlib import Path

import pytest

from models import checkpoints

WRITE_SLOWLY = """
import sys, time
from pathlib import Path
from models import checkpoints
with checkpoints.made_once(Path(sys.argv[1])) as scratch:
    (scratch / "half").write_text("half")
    print("started", flush=True)
    time.sleep(60)
"""


def test_a_killed_writer_leaves_no_half_folder(tmp_path):
    folder = tmp_path / "cache" / "model"
    command = [sys.executable, "-c", WRITE_SLOWLY, str(folder)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"started\n"
        writer.kill()
    assert not folder.exists()
    with checkpoints.made_once(folder) as scratch:
        (scratch / "whole").write_text("whole")
    assert [file.name for file in folder.iterdir()] == ["whole"]
    assert {file.name for file in folder.parent.iterdir()} == {"model", "model.lock"}


def test_an_error_leaves_nothing_behind(tmp_path):
    with pytest.raises(OSError, match="disk full"), checkpoints.made_once(tmp_path / "model"):
        raise OSError("disk full")
    assert not (tmp_path / "model").exists()


def test_what_stands_is_not_made_again(tmp_path):
    (tmp_path / "model").mkdir()
    with checkpoints.made_once(tmp_path / "model") as scratch:
        assert scratch is None
