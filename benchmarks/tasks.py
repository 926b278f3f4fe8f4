"""The models of the tasks that ship: how good they are on what they never learned from, beside published figures.

    python -m benchmarks.tasks DATA

DATA holds sst5/, ner/ and tatoeba/, as `models.zoo.sentiment`, `.tagging` and `.translation` want them. The weights
that ship are measured anew, not read from their cards. Then the pages in a browser: from Ctrl+Enter after a text of 30
words to the frame with the new figure.
"""

import statistics
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from urllib.parse import urlencode

import torch

from benchmarks import server
from benchmarks.prompts import fresh_prompt
from benchmarks.report import Row, note, p95, parser, show
from benchmarks.ui import PROMPT_BOX, SCREEN, chromium, redrawn, settle
from models.tasks.sentiment_scores import scores_of
from models.tasks.tagging_data import DOMAINS
from models.tasks.translation_data import read
from models.zoo import sentiment, tagging, translation
from models.zoo.sentiment import __main__ as sentiment_training
from models.zoo.tagging import __main__ as tagging_training
from models.zoo.translation import __main__ as translation_training
from models.zoo.translation import measuring

WORDS = 30
VIEWS = {  # with a text, and a figure whose words are other ones for another text
    "tagging": ("tags", "directions"),
    "sentiment": ("river", "words", "path", "two"),
    "translation": ("translate", "search", "edit"),
}
# Of the same kind of model; the others have no counterpart among the published ones.
SENTIMENT_PEERS = {
    "bag": "Bigram NB, Socher et al. 2013",
    "lstm": "LSTM, Tai et al. 2015",
    "bilstm": "BiLSTM, Tai et al. 2015",
}


def main() -> None:
    """Measures, and prints."""
    options = parser(__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--turns", type=int, default=20, help="texts that each view is sent")
    given = options.parse_args()
    torch.set_num_threads(1)
    show(chain(scores(given.data), redraws(given.turns)), as_json=given.json)


def scores(data: Path) -> Iterator[Row]:
    """Held-out scores of all models, in percent; more is better."""
    bank = sentiment_training.treebank(data / "sst5")
    for name in sentiment.NAMES:
        classifier = sentiment.load(name)
        found = scores_of(*sentiment_training.said(classifier, bank.test))
        published = classifier.card.published[SENTIMENT_PEERS[name]] if name in SENTIMENT_PEERS else None
        yield _score(f"SST-5, {classifier.card.title}: accuracy", found["accuracy"], published)
    tests = tagging_training.tests_of(data / "ner", tagging_training.corpus(data / "ner")[2])
    for name in tagging.NAMES:
        tagger = tagging.load(name)
        found = tagging_training.scores(tagger, tests)
        for domain in tests:
            row = f"{DOMAINS[domain].title}, {tagger.card.title}: F1 of names"
            if domain == "wnut17":  # the best of those who learned from its data, and were asked for more kinds
                best = max(tagger.card.published.values())
                yield Row(f"{row} (peer: six kinds)", 100 * found[DOMAINS[domain].title], "%", 100 * best)
            else:
                yield _score(row, found[DOMAINS[domain].title], None)
    pairs = read(data / "tatoeba" / "fra.txt.xz")
    for name in translation.NAMES:
        note(f"Translating: {name}")
        translator = translation.load(name)
        measured = translation_training.measured(translator, pairs)
        yield from _translated(translator.card.title, measured.scores, translator.card.published)


def _translated(title: str, found: Mapping[str, float], published: Mapping[str, float]) -> Iterator[Row]:
    """BLEU of a corpus goes to 100, that of a mean sentence to 1 and beside another's."""
    for measure, value in found.items():
        if measure.startswith(measuring.SENTENCE):
            yield _score(f"Tatoeba, {title}: {measure}", value, max(published.values()))
        else:
            yield Row(f"Tatoeba, {title}: {measure}", value, "BLEU")


def _score(name: str, ours: float, published: float | None) -> Row:
    peer, goal = (None, None) if published is None else (100 * published, 1.0)
    return Row(name, 100 * ours, "%", peer, goal, more_is_better=True)


def redraws(turns: int) -> Iterator[Row]:
    """Milliseconds from a text to its figure, in each view that has both."""
    with server.running() as app, chromium() as browser:
        page = browser.new_page(viewport=SCREEN)
        for slug, views in VIEWS.items():
            for view in views:
                note(f"Sending texts: {slug}, {view}")
                page.goto(app.url(slug, urlencode({f"{slug}_view": view, "prompt": fresh_prompt(0, WORDS)})))
                page.locator(".js-plotly-plot .main-svg").first.wait_for()
                settle(page)

                def send(turn: int) -> None:
                    page.locator(PROMPT_BOX).first.fill(fresh_prompt(turn + 1, WORDS))
                    page.keyboard.press("Control+Enter")

                times = [redrawn(page, send, turn) for turn in range(turns)]
                yield Row(f"{slug}, {view}: {WORDS} words to redrawn, median", statistics.median(times), "ms", goal=300)
                yield Row(f"{slug}, {view}: {WORDS} words to redrawn, p95", p95(times), "ms")


if __name__ == "__main__":
    main()
