"""A space of words: neighbours, analogies and PCA against gensim and scikit-learn, and the map's frames in a browser.

    python -m benchmarks.space [--no-browser]

The neighbours and the analogies are those of the vectors that ship (30,000 words of 100 numbers), PCA is taken of as
many of 200. The map is dragged and zoomed in Chromium, with its graphics card played by the processor; a frame is late
if it takes longer than 1/30 of a second.
"""

import statistics
from collections.abc import Callable, Iterator

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks import server
from benchmarks.report import Row, medians_in_alternation, note, p95, parser, show
from models.tokens.projections import kept_neighbours, pca
from models.tokens.questions import answered, gensim_file, read_questions
from models.tokens.space import analogy, neighbours
from models.zoo.vectors import load

CHROMIUM = "/usr/bin/chromium"
TURNS = 30
FRAMES = """
() => {
  window.frames_ = []
  let last = performance.now()
  const frame = now => { window.frames_.push(now - last); last = now; window.watching = requestAnimationFrame(frame) }
  window.watching = requestAnimationFrame(frame)
}
"""
WATCHED = "() => { cancelAnimationFrame(window.watching); return window.frames_.slice(1) }"


def rows() -> Iterator[Row]:
    """Of the space alone, in this process."""
    from gensim.models import KeyedVectors
    from sklearn.decomposition import PCA

    space = load("word2vec")
    peer = KeyedVectors(space.vectors.shape[1])
    peer.add_vectors(list(space.words), space.vectors)
    words = space.words[100:5_000:150]

    def once(work: Callable[[str], object]) -> Callable[[int], Callable[[], object]]:
        return lambda turn: lambda: work(words[turn % len(words)])

    mine, theirs = medians_in_alternation(
        once(lambda word: neighbours(space, word, 10)), once(lambda word: peer.most_similar(word, topn=10)), TURNS
    )
    yield Row("10 neighbours among 30,000 words, against gensim", mine, "ms", theirs)
    yield Row("10 neighbours among 30,000 words", mine, "ms", None, 20.0)
    mine, theirs = medians_in_alternation(
        once(lambda word: analogy(space, word, "man", "woman", 10)),
        once(lambda word: peer.most_similar(positive=[word, "woman"], negative=["man"], topn=10)),
        TURNS,
    )
    yield Row("an analogy, against gensim", mine, "ms", theirs)
    wide = np.random.default_rng(0).normal(size=(30_000, 200)).astype(np.float32)
    mine, theirs = medians_in_alternation(lambda _: lambda: pca(wide), lambda _: lambda: PCA(2).fit_transform(wide), 5)
    yield Row("PCA of 30,000 x 200, against scikit-learn", mine, "ms", theirs)
    yield Row("PCA of 30,000 x 200", mine, "ms", None, 1_000.0)
    points = pca(space.unit).points
    mine, _ = medians_in_alternation(lambda _: lambda: kept_neighbours(space.unit, points), lambda _: lambda: None, 3)
    yield Row("how many neighbours the map keeps, 300 words", mine, "ms")
    file = gensim_file("analogies")
    if file is None:
        note("the analogy questions are not here: gensim is not installed")
        return
    note("asking 19,544 questions twice")
    sections = read_questions(file.read_bytes())
    mine, theirs = medians_in_alternation(
        lambda _: lambda: [*answered(space, sections)],
        lambda _: lambda: peer.evaluate_word_analogies(file, restrict_vocab=30_000),
        1,
    )
    yield Row("the Google set by both methods, against gensim's one", mine / 1000, "s", theirs / 1000)


def frames() -> Iterator[Row]:
    """Of the map, while it is dragged and zoomed."""
    with server.running() as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": 1280, "height": 800})
        tab.goto(app.url("analogies", "analogies_view=map"))
        canvas = tab.locator("canvas")
        canvas.wait_for()
        tab.wait_for_timeout(2_000)  # until all the rest has been drawn
        canvas.focus()
        box = canvas.bounding_box()
        if box is None:
            raise RuntimeError("the map is not on the page")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for name, act in (("dragged", _drag), ("zoomed", _zoom)):
            tab.evaluate(FRAMES)
            act(tab, x, y)
            taken = tab.evaluate(WATCHED)
            yield Row(
                f"a frame while 30,000 points are {name}, median", statistics.median(taken), "ms", None, 1000 / 30
            )
            yield Row(f"a frame while 30,000 points are {name}, 95 %", p95(taken), "ms", None, 66.0)
        browser.close()


def _drag(tab: Page, x: float, y: float) -> None:
    tab.mouse.move(x, y)
    tab.mouse.down()
    for i in range(120):
        tab.mouse.move(x + 60 * np.sin(i / 10), y + 40 * np.cos(i / 10))
    tab.mouse.up()


def _zoom(tab: Page, x: float, y: float) -> None:
    tab.mouse.move(x, y)
    for i in range(120):
        tab.mouse.wheel(0, -40 if i < 60 else 40)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--no-browser", action="store_true")
    arguments = options.parse_args()

    def every() -> Iterator[Row]:
        yield from rows()
        if not arguments.no_browser:
            yield from frames()

    show(every(), as_json=arguments.json)


if __name__ == "__main__":
    main()
