import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.chromium import ARGS, system_chromium

ROOT = Path(__file__).parents[2]
SETTLED = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"  # the network is this machine
# Opening /slug directly makes Streamlit probe /slug/_stcore/..., which is not there: harmless, and not ours.
PROBES = re.compile(r"/[a-z0-9_]+/_stcore/(health|host-config)$")


@contextmanager
def app_server(script="streamlit_app.py", **environment):
    """The app on a free port, as `make run` starts it, or another script; its address once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    log = subprocess.DEVNULL
    server = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log, start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@pytest.fixture(scope="session")
def smollm2_server():
    """The app as users get it, on the packaged model."""
    with app_server() as address:
        yield address


@pytest.fixture(scope="session")
def tiny_server(tiny_folder):
    """The app on the tiny model: quick, for all that does not depend on what the model says."""
    with app_server(LM_EXPLORER_MODEL=str(tiny_folder)) as address:
        yield address


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {"args": [*ARGS, NOWHERE], "executable_path": system_chromium()}


class Watch:
    """What goes wrong in a browser context: errors, failed requests, requests that want to leave the machine."""

    def __init__(self, context):
        self.wrong = []
        self.context = context
        self.listeners = {
            "console": self._said,
            "weberror": self._raised,
            "request": self._asked,
            "response": self._answered,
        }
        for event, listener in self.listeners.items():
            context.on(event, listener)

    def end(self):
        for event, listener in self.listeners.items():
            self.context.remove_listener(event, listener)

    def _asked(self, request):
        if not re.match(r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|data:|blob:", request.url):
            self.wrong.append(f"wanted to leave the machine: {request.url}")

    def _answered(self, response):
        if response.status >= 400 and not PROBES.search(response.url):
            self.wrong.append(f"{response.status}: {response.url}")

    def _said(self, message):
        # That a resource failed to load is told by its response already.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def _raised(self, error):
        self.wrong.append(f"error: {error.error}")


@pytest.fixture(scope="session")
def profile(browser_type, browser_type_launch_args, tmp_path_factory):
    """One browser profile for all tests: it keeps the app's scripts, and every visit costs less.

    Nothing is routed, since that turns the browser's cache off.
    """
    profile = browser_type.launch_persistent_context(
        tmp_path_factory.mktemp("profile"), viewport={"width": 1280, "height": 720}, **browser_type_launch_args
    )
    profile.set_default_timeout(30_000)
    yield profile
    profile.close()


@pytest.fixture
def context(profile):
    """Every test fails on a console error, a failed request, or a request that leaves the machine.

    It finds the profile without what an earlier one stored.
    """
    first, watch = profile.pages[0], Watch(profile)
    yield profile
    watch.end()
    profile.clear_cookies()
    profile.clear_permissions()
    for tab in profile.pages:
        if tab is not first:
            if tab.url.startswith("http"):
                tab.evaluate("localStorage.clear()")
            tab.close()
    assert not watch.wrong


def settle(tab):
    """Waits until the app has drawn everything."""
    tab.wait_for_timeout(200)
    for _ in range(3):
        tab.wait_for_selector(SETTLED)
        tab.wait_for_function("!document.querySelector('[data-testid=stSkeleton], .explorer-wait')")
        tab.wait_for_timeout(60)


def visit(tab, address):
    tab.goto(address)
    settle(tab)


def labels(tab):
    """The tick labels of the next-token chart, most probable first."""
    return tab.locator(".js-plotly-plot .ytick text").all_text_contents()


def type_text(tab, text, label="Prompt"):
    """Types into a box and commits it."""
    box = tab.get_by_label(label, exact=True)
    box.fill(text)
    box.press("Control+Enter")
    settle(tab)
