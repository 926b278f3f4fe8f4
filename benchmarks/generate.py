"""Generating: our own functions and the page in a browser against bare `transformers`, by the time from token to token.

Every pace is counted from the first token to the last, so that reading the prompt is in none of them. Both sides use
the same weights, precision, prompts and, where they run in this process, threads; the app sets its own in the same way,
and while it works nothing runs here. Prompts are fresh: no token of an answer was computed before. The peer may not
end a text; ours may, and then the tokens that it gave count. Paces are milliseconds a token, smaller is better: three
times the tokens a second is a third of the milliseconds.
"""

import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import urlencode

import torch
import transformers
from playwright.sync_api import Page

from benchmarks import server
from benchmarks.pretrained import loaded, model_parser
from benchmarks.prompts import fresh_prompt
from benchmarks.report import Row, note, show
from benchmarks.ui import SCREEN, chromium, settle
from explorer.inference import ModelQueue
from models.mixers.pretrained import PretrainedLM
from models.prediction import Decoding
from models.prediction.generating import beam_search, generate, generate_batch

SAMPLES = 8
BEAMS = 3
LONGEST = 100  # tokens that the page gives at most
GREEDY = Decoding(temperature=0.0)
Pace = Callable[[str], float | None]  # of one prompt: seconds from a token to the next; None: the text ended at once

# Notes in `window.seen` when how many tokens were on the page: the frames' own times, in milliseconds.
WATCH = """
window.seen = []
new MutationObserver(() => {
  const count = document.querySelectorAll(".explorer-text .explorer-token").length
  if (count && count !== window.noticed)
    requestAnimationFrame(() => window.seen.push({ time: performance.now(), count }))
  window.noticed = count
}).observe(document, { childList: true, characterData: true, subtree: true })
"""
# Resolves to the milliseconds from the next click to the frame that says that the stream was stopped, and to those
# until the last token came.
STOPPED = """
() => {
  window.stopped = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("it did not stop")), 30000)
    addEventListener("pointerdown", event => {
      const observer = new MutationObserver(() => {
        if (!document.body.innerText.includes("Stopped.")) return
        observer.disconnect()
        requestAnimationFrame(() => {
          const said = performance.now() - event.timeStamp
          setTimeout(() => resolve([said, Math.max(0, window.seen.at(-1).time - event.timeStamp)]), 1000)
        })
      })
      observer.observe(document.body, { childList: true, characterData: true, subtree: true })
    }, { capture: true, once: true })
  })
}
"""


class Clock(transformers.LogitsProcessor):
    """Notes when each step's logits are there; changes nothing. Unlike a streamer it also sees beams and samples."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:  # noqa: ARG002
        self.times.append(time.perf_counter())
        return scores


def main() -> None:
    """Measures, and prints."""
    options = model_parser(__doc__, turns=7)
    options.add_argument("--tokens", type=int, default=40, help=f"of each text; at most {LONGEST}")
    arguments = options.parse_args()
    tokens = min(arguments.tokens, LONGEST)
    show(rows(loaded(arguments), arguments.turns, tokens), as_json=arguments.json)


def rows(lm: PretrainedLM, turns: int, tokens: int) -> Iterator[Row]:
    """One result after the other."""
    prompts = map(fresh_prompt, itertools.count())
    yield from in_process(lm, prompts, turns, tokens)
    note("Stopping a stream")
    freed = [seconds_until_free(lm, prompt) for prompt in itertools.islice(prompts, turns)]
    yield Row("stream left to worker free for another", statistics.median(freed) * 1000, "ms")
    yield from in_browser(lm, prompts, turns, tokens)


def in_process(lm: PretrainedLM, prompts: Iterator[str], turns: int, tokens: int) -> Iterator[Row]:
    """Our functions, without a page."""
    seeds = itertools.count(step=SAMPLES)

    def drawn() -> Decoding:
        return Decoding(seed=next(seeds))

    def ours(prompt: str) -> float | None:
        return pace(generate(lm, prompt, GREEDY, tokens))

    def our_sample(prompt: str) -> float | None:
        return pace(generate(lm, prompt, drawn(), tokens))

    def our_samples(prompt: str) -> float | None:
        steps = generate_batch(lm, prompt, drawn(), SAMPLES, tokens)
        return pace(steps, lambda step: sum(one is not None for one in step))

    def our_beam(prompt: str) -> float | None:
        return pace(beam_search(lm, prompt, BEAMS, tokens))

    def bare(prompt: str) -> float:
        return bare_pace(lm, prompt, tokens)

    def bare_samples(prompt: str) -> float:
        options = {"do_sample": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0}
        return bare_pace(lm, prompt, tokens, num_return_sequences=SAMPLES, **options) / SAMPLES

    def bare_beam(prompt: str) -> float:
        return bare_pace(lm, prompt, tokens, num_beams=BEAMS)

    several = f"{SAMPLES} samples, generate_batch, a token"
    for name, mine, peer, goal in (
        ("greedy, generate, a token, against bare transformers", ours, bare, 1.3),
        (f"{several}, against one sample", our_samples, our_sample, round(1 / 3, 3)),
        (f"{several}, against bare transformers", our_samples, bare_samples, 1.3),
        (f"beam search, width {BEAMS}, a step, against bare transformers", our_beam, bare_beam, None),
    ):
        note(name)
        our_pace, peer_pace = in_turns(mine, peer, prompts, turns)
        yield Row(name, our_pace * 1000, "ms", peer=peer_pace * 1000, goal=goal)


def in_browser(lm: PretrainedLM, prompts: Iterator[str], turns: int, tokens: int) -> Iterator[Row]:
    """The page, as a reader sees it."""
    with server.running() as app, chromium() as browser:
        page = browser.new_page(viewport=SCREEN)
        page.add_init_script(WATCH)

        def on_page(prompt: str) -> float | None:
            return page_pace(app, page, lm, prompt, tokens)

        def bare(prompt: str) -> float:
            return bare_pace(lm, prompt, tokens)

        name = "greedy on the page, a token, against bare transformers"
        note(name)
        ours, peer = in_turns(on_page, bare, prompts, turns)
        yield Row(name, ours * 1000, "ms", peer=peer * 1000, goal=1.3)
        note("Pressing Stop")
        said, last = zip(*(stop(app, page, lm, next(prompts)) for _ in range(turns)), strict=True)
        yield Row("Stop clicked to the page says so", statistics.median(said), "ms")
        yield Row("Stop clicked to the last token that still came", statistics.median(last), "ms")


def in_turns(ours: Pace, peer: Pace, prompts: Iterator[str], turns: int) -> tuple[float, float]:
    """Median pace of each on the same prompts, never at once; they take turns in going first. One turn to warm up."""
    paces: dict[Pace, list[float]] = {ours: [], peer: []}
    turn = -1
    while turn < turns:
        prompt = next(prompts)
        measured = {one: one(prompt) for one in ((ours, peer) if turn % 2 else (peer, ours))}
        if None in measured.values():
            continue  # nothing to count: another prompt
        for one, seconds in measured.items():
            if turn >= 0 and seconds is not None:
                paces[one].append(seconds)
        turn += 1
    return statistics.median(paces[ours]), statistics.median(paces[peer])


def pace(steps: Iterable[object], tokens_of: Callable[..., int] = lambda _step: 1) -> float | None:
    """Seconds a token, from the first step's to the last one's."""
    times, tokens = [], []
    for step in steps:
        times.append(time.perf_counter())
        tokens.append(tokens_of(step))
    return (times[-1] - times[0]) / sum(tokens[1:]) if len(times) > 1 else None


def bare_pace(lm: PretrainedLM, prompt: str, tokens: int, **options: object) -> float:
    """Seconds a step of bare transformers, from the first step's logits to the last one's."""
    idx = torch.tensor([history(lm, prompt)], device=lm.network.device)
    settings: dict[str, object] = {"do_sample": False, "pad_token_id": lm.tokenizer.end_id} | options
    clock = Clock()
    with torch.inference_mode():
        lm.network.generate(
            idx,
            attention_mask=torch.ones_like(idx),
            min_new_tokens=tokens,
            max_new_tokens=tokens,
            logits_processor=transformers.LogitsProcessorList([clock]),
            **settings,
        )
    return (clock.times[-1] - clock.times[0]) / (len(clock.times) - 1)


def history(lm: PretrainedLM, prompt: str) -> Sequence[int]:
    """What a model reads: the start token first."""
    return [lm.tokenizer.start_id, *lm.tokenizer.encode(prompt)]


def page_pace(app: server.App, page: Page, lm: PretrainedLM, prompt: str, tokens: int) -> float | None:
    """Seconds a token as they appear on the page; several at once count as what they are."""
    busy = app.cpu_seconds()
    before = time.perf_counter()
    page.goto(address(app, lm, prompt, tokens))
    page.get_by_text("tokens in").first.wait_for()
    busy, seconds = app.cpu_seconds() - busy, time.perf_counter() - before
    said = page.get_by_text("tokens in").first.inner_text()  # without the way to the page, but with the first token
    settle(page)
    seen = page.evaluate("window.seen")
    first, last = seen[0], seen[-1]
    note(f"The page says {said}. It drew {len(seen)} times; the app kept {busy / seconds:.1f} cores busy")
    return (last["time"] - first["time"]) / 1000 / (last["count"] - first["count"]) if len(seen) > 1 else None


def stop(app: server.App, page: Page, lm: PretrainedLM, prompt: str) -> tuple[float, float]:
    """Milliseconds from the click on Stop until the page says so, and until the last token that still came."""
    page.goto(address(app, lm, prompt, LONGEST))
    # Streamlit's own bar has a Stop button too.
    button = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True)
    page.locator(".explorer-text .explorer-token").first.wait_for()
    button.wait_for()
    page.evaluate(STOPPED)
    button.click()
    said, last = page.evaluate("window.stopped")
    settle(page)
    return said, last


def address(app: server.App, lm: PretrainedLM, prompt: str, tokens: int) -> str:
    """The greedy continuation of this prompt."""
    query = {"prompt": prompt, "model": lm.card.name, "next_token_view": "generate", "next_token_length": tokens}
    return app.url("next_token", urlencode(query))


def seconds_until_free(lm: PretrainedLM, prompt: str) -> float:
    """From the moment that nobody waits for a stream any more until its worker begins something else."""
    queue = ModelQueue(workers=1)
    ticket = queue.ask("reader", "stream", lambda _: generate(lm, prompt, GREEDY, LONGEST))
    while len(ticket.parts) < 2 and not ticket.wait(0.001):
        pass
    left = time.perf_counter()
    queue.leave("reader")
    other = queue.ask("other", "other", lambda _: time.perf_counter())
    while not other.wait(1):
        pass
    began: float = other.result()
    return began - left


if __name__ == "__main__":
    main()
