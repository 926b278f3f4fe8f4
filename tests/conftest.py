import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("explorer", deadline=None)  # the first torch call takes a second
settings.load_profile("explorer")
if "PYTEST_XDIST_WORKER" in os.environ:  # workers share the cores: threads of theirs would wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")
# Before anything imports a hub client: no test waits for the network, or finds what a developer has downloaded.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="lm-explorer-tests-")


def pytest_collection_modifyitems(items):
    gpu_tests = [item for item in items if item.get_closest_marker("gpu")]
    if gpu_tests:
        import torch

        for item in gpu_tests if not torch.cuda.is_available() else ():
            item.add_marker(pytest.mark.skip(reason="no GPU here"))


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> Path:
    from tests.tiny import make_tiny_model

    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny(tiny_folder):
    """A real `PretrainedLM` with small random weights."""
    import models

    return models.load(str(tiny_folder))


@pytest.fixture(scope="session")
def smollm2():
    """The packaged SmolLM2-135M; only for tests marked slow."""
    import models

    return models.load("smollm2-135m-q4")
