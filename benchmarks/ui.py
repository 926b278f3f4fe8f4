"""The app itself in a browser and under a crowd: start, redrawing, processor time, memory, many sessions.

Times of interactions run from the event's own time stamp to the animation frame in which the figure reads otherwise;
both are taken in the page, so what drives the browser does not count. What the model costs by itself is measured
beforehand by `benchmarks.next_token`, in a process of its own.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from benchmarks import next_token, server, sessions
from benchmarks.prompts import fresh_prompt
from benchmarks.report import Row, note, p95, parser, show
from explorer.contents import PAGES

CHROMIUM = Path("/usr/bin/chromium")
PROMPT_BOX = "textarea"
FIGURE = ".js-plotly-plot .ytick text"
SCREEN: ViewportSize = {"width": 1280, "height": 720}
REST = 150  # milliseconds between two actions, so that one does not pay for the other
# Resolves to the milliseconds from the last key or click to the frame that shows another figure. Between changes of the
# page it does nothing: looking at every frame would take processor time from the model.
WATCH = """
() => {
  const read = () => [...document.querySelectorAll(".js-plotly-plot text")].map(text => text.textContent).join("|")
  const before = read(), listening = new AbortController()
  let acted = null
  for (const kind of ["keydown", "pointerdown"])
    addEventListener(kind, event => { acted = event.timeStamp }, { capture: true, signal: listening.signal })
  window.redrawn = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("the figure did not change")), 30000)
    const observer = new MutationObserver(() => {
      const now = read()
      if (acted === null || !now || now === before) return
      observer.disconnect()
      listening.abort()
      requestAnimationFrame(() => resolve(performance.now() - acted))
    })
    observer.observe(document.body, { childList: true, characterData: true, subtree: true })
  })
}
"""


def main() -> None:
    """Measures, and prints."""
    options = parser(__doc__)
    options.add_argument("--starts", type=int, default=3, help="fresh servers for each of the three start times")
    options.add_argument("--turns", type=int, default=20, help="interactions of each kind")
    options.add_argument("--reruns", type=int, default=100, help="reruns over which processor time is averaged")
    options.add_argument("--sessions", type=int, default=50, help="users at once")
    options.add_argument("--seconds", type=float, default=120, help="how long they stay")
    arguments = options.parse_args()
    show(rows(arguments), as_json=arguments.json)


def rows(arguments: argparse.Namespace) -> Iterator[Row]:
    """One result after the other."""
    note(f"{os.cpu_count()} cores, of which {os.getloadavg()[0]:.1f} were busy in the last minute")
    note("Measuring the model by itself")
    forward, step = bare_milliseconds()
    with chromium() as browser:
        yield from starts(browser, arguments.starts)
    with server.running() as app:
        with chromium() as browser:
            page = browser.new_page(viewport=SCREEN)
            note("Visiting every page")
            yield from memory(app, page)
            yield from interactions(app, page, arguments.turns, forward, step)
        note("Counting processor time")
        script, whole = asyncio.run(sessions.axis_toggles(app, arguments.reruns))
        yield Row("rerun in which the axis changes, processor time of the script", script, "ms", goal=10)
        yield Row("rerun in which the axis changes, processor time of the server", whole, "ms")
        note(f"{arguments.sessions} sessions for {arguments.seconds:g} s")
        yield from many(app, arguments.sessions, arguments.seconds)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, else Playwright's own."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=CHROMIUM if CHROMIUM.exists() else None,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )


def bare_milliseconds() -> tuple[float, float]:
    """What bare transformers needs for a fresh 20-token prompt, and for one cached step."""
    command = [sys.executable, "-m", "benchmarks.next_token", "--json"]
    done = subprocess.run(command, cwd=server.ROOT, check=True, capture_output=True, text=True)
    peers = {row["name"]: row["peer"] for row in map(json.loads, done.stdout.splitlines())}
    return peers[next_token.FORWARD], peers[next_token.STEP]


def starts(browser: Browser, turns: int) -> Iterator[Row]:
    """Seconds from the start of a process to something that can be used, in a browser with an empty cache."""
    for name, slug, selector, goal in (
        ("process start to home usable (its prompt box)", "", PROMPT_BOX, 4),
        ("process start to another page usable (its first text box)", "sentence", PROMPT_BOX, 6),
        ("process start to the first next-token chart", "next_token", FIGURE, 10),
    ):
        note(name)
        seconds = []
        for _ in range(turns):
            with server.running() as app:
                page = browser.new_page(viewport=SCREEN)
                page.goto(app.url(slug), wait_until="commit")
                page.locator(selector).first.wait_for()
                seconds.append(time.perf_counter() - app.started)
                page.close()
        yield Row(name, statistics.median(seconds), "s", goal=goal)


def memory(app: server.App, page: Page) -> Iterator[Row]:
    """The server's memory after one session saw every page, with the pretrained model loaded."""
    page.goto(app.url(""))
    page.locator(PROMPT_BOX).first.wait_for()
    for entry in PAGES:
        page.locator('[data-testid="stSidebarNav"] a', has_text=entry.title).first.click()
        page.get_by_role("heading", name=entry.title, level=1).wait_for()
        settle(page)
    yield Row(f"anonymous memory after all {len(PAGES)} pages", app.megabytes("RssAnon"), "MB", goal=900)
    yield Row(f"resident memory after all {len(PAGES)} pages", app.megabytes("VmRSS"), "MB", goal=1600)


def interactions(app: server.App, page: Page, turns: int, forward: float, step: float) -> Iterator[Row]:
    """Key or click to redrawn figure on the Next token page."""
    page.goto(app.url("next_token", urlencode({"prompt": fresh_prompt(1)})))
    page.locator(FIGURE).first.wait_for()
    settle(page)

    def switch_axis(turn: int) -> None:
        page.get_by_text("Linear" if turn % 2 else "Logarithmic", exact=True).click()

    def append(_turn: int) -> None:
        page.keyboard.press("1")

    def send_prompt(turn: int) -> None:
        page.locator(PROMPT_BOX).first.fill(fresh_prompt(turn + 2))
        page.keyboard.press("Control+Enter")

    note("Switching the axis")
    before = app.cpu_seconds()
    times = [redrawn(page, switch_axis, turn) for turn in range(turns)]
    cost = (app.cpu_seconds() - before) / turns * 1000
    yield Row("axis switched to figure redrawn, median", statistics.median(times), "ms", goal=200)
    yield Row("axis switched to figure redrawn, p95", p95(times), "ms", goal=400)
    yield Row("axis switched in a browser, processor time of the server", cost, "ms")
    note("Appending tokens")
    yield from modelled(page, "key 1 (appends a token)", append, turns, step)
    note("Sending prompts")
    yield from modelled(page, "Ctrl+Enter (fresh 20-token prompt)", send_prompt, turns, forward)


def modelled(page: Page, name: str, act: Callable[[int], None], turns: int, bare: float) -> Iterator[Row]:
    """An interaction that the model must answer, against the time of bare transformers."""
    times, readings = [], []
    for turn in range(turns):
        times.append(redrawn(page, act, turn))
        said = re.search(r"read anew in ([\d,]+) ms", page.get_by_text("read anew in").first.inner_text())
        readings.append(float(said[1].replace(",", "")) if said else float("nan"))
    median = statistics.median(times)
    yield Row(f"{name} to figure redrawn, median", median, "ms", peer=bare)
    yield Row(f"{name} to figure redrawn, p95", p95(times), "ms", peer=bare)
    yield Row(f"{name}, median beyond bare transformers", median - bare, "ms", goal=150)
    yield Row(f"{name}, the model's part as the page says it", statistics.median(readings), "ms", peer=bare)


def redrawn(page: Page, act: Callable[[int], None], turn: int) -> float:
    """Milliseconds from the event to the frame that shows the new figure."""
    page.evaluate(WATCH)
    act(turn)
    milliseconds: float = page.evaluate("window.redrawn")
    settle(page)
    return milliseconds


def settle(page: Page) -> None:
    """Waits until the app has nothing more to do."""
    page.wait_for_timeout(REST)
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def many(app: server.App, count: int, seconds: float) -> Iterator[Row]:
    """A crowd on the Next token page."""
    memory_before = app.megabytes("RssAnon")
    answers = asyncio.run(sessions.crowd(app, count, seconds))
    for cause, times in answers.causes.items():
        note(f"{times} sessions ended early: {cause}")
    name = f"{count} sessions for {seconds:g} s"
    yield Row(f"{name}, errors in {answers.planned} actions", answers.missing, "errors", goal=0)
    if answers.prompts and answers.toggles:
        yield Row(f"{name}, send to finished, p50", statistics.median(answers.seconds), "s")
        yield Row(f"{name}, send to finished, p95", p95(answers.seconds), "s", goal=2)
        yield Row(f"{name}, new prompts alone, p95", p95(answers.prompts), "s")
        yield Row(f"{name}, axis alone, p95", p95(answers.toggles), "s")
    yield Row(f"{name}, growth of anonymous memory", app.megabytes("RssAnon") - memory_before, "MB")


if __name__ == "__main__":
    main()
