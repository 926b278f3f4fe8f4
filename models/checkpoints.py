"""Files that hold weights: where they are kept, and how they are written so that no half of one is ever read."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from models.card import ModelCard

CONVERTER_VERSION = 1  # raise it when a conversion writes something else, and old ones are made anew


def cache_folder() -> Path:
    """The user's cache: `LM_EXPLORER_CACHE`, else lm-explorer in `XDG_CACHE_HOME` or ~/.cache."""
    named = os.environ.get("LM_EXPLORER_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lm-explorer"


def converted_folder(card: ModelCard) -> Path:
    """Where the weights of `card` lie once they are converted to safetensors."""
    return cache_folder() / f"{card.name}-{(card.sha256 or '')[:12]}-v{CONVERTER_VERSION}"


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def made_once(folder: Path) -> Iterator[Path | None]:
    """Gives a scratch folder that becomes `folder` when the block ends well, or None when `folder` stands already.

    Only one process makes it at a time; one that is killed leaves a scratch folder, never a half `folder`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(folder.name + ".lock")):
        if folder.is_dir():
            yield None
            return
        for left_over in folder.parent.glob(f".{folder.name}-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            yield scratch
            scratch.rename(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
