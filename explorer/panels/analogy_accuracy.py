"""How much vectors know: thousands of analogies by kind, and how well cosines rank pairs of words as people do."""

import hashlib
import html
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from explorer import controls, explain, waiting
from explorer.downloads import Columns, downloads
from explorer.figures.accuracy import accuracy_bars, judged_pairs
from explorer.inference import Ticket
from explorer.numbers import minus, percent
from models.errors import ModelError
from models.tokens import questions
from models.tokens.questions import FILES, RESTRICT, Agreement, Result, total
from models.tokens.space import METHODS, WordVectors

if TYPE_CHECKING:
    from models.zoo.vectors import Measured

_TESTS = {"analogies": "Google's analogies", "wordsim353": "WordSim-353", "simlex999": "SimLex-999"}
_ALL = "all questions"


def accuracy_panel(slug: str, space: WordVectors, known: "Measured | None") -> None:
    """A test that the reader chose, on the vectors that are on the page.

    Args:
        slug: of the page.
        space: the vectors.
        known: what was measured on them when they were made; shown where the test set is not here.
    """
    test = controls.choice(f"{slug}_test", "Test", list(_TESTS), _TESTS.__getitem__, hidden=True)
    results = st.container()
    data = _data(slug, test)
    with results:
        if test == "analogies":
            _analogies(space, known, data)
        else:
            _similarity(space, known, test, data)


def _data(slug: str, test: str) -> bytes | None:
    """The test set: the reader's file, else gensim's; None where there is neither."""
    with st.expander("A test set of your own", key=f"own_{test}"):
        words = "Four words a line, sections after a colon" if test == "analogies" else "Two words and a number a line"
        data = controls.upload(f"{slug}_{test}", words, ["txt", "tsv", "csv"])
    found = questions.gensim_file(test)
    return data if data is not None or found is None else found.read_bytes()


def _analogies(space: WordVectors, known: "Measured | None", data: bytes | None) -> None:
    place = st.empty()
    of_card = [
        Result(kind, {"add": add, "mul": mul}, asked, None)
        for kind, (add, mul, asked) in (known.sections.items() if known else ())
    ]

    def ask() -> list[Result]:
        if data is None:
            raise ModelError(_absent("analogies"))
        sections = questions.read_questions(data)

        def work(ticket: Ticket) -> list[Result]:
            return [*questions.answered(space, sections, ticket.progress)]

        key = (space.key, "questions", hashlib.sha256(data).hexdigest())
        found: list[Result] = waiting.computed("analogies accuracy", key, work, "Asking", place)
        return found

    if data is None and of_card:
        results = of_card
        st.caption("Measured when these vectors were made, by the command that rebuilds them.")
    else:
        results = controls.last_good(f"accuracy {space.key}", ask, lambda: of_card, _offer)
    if results and not total(results, _ALL).asked:
        st.text("Of no question all four words are in the vocabulary.")
    elif results:
        _bars(space, results)


def _bars(space: WordVectors, results: list[Result]) -> None:
    whole = total(results, _ALL)
    rows = [whole, *results]
    shares = [[result.share(method) for result in rows] for method in METHODS]
    figure = accuracy_bars([row.name for row in rows], [row.asked for row in rows], shares, list(METHODS.values()))
    add, mul = (percent(whole.share(method)) for method in METHODS)
    st.text(f"{whole.asked:,} questions asked: 3CosAdd {add}, 3CosMul {mul} right.")
    st.plotly_chart(
        figure,
        key="accuracy",
        config={"displayModeBar": False},
        alt=f"Share of analogies answered right, by kind: 3CosAdd {add} and 3CosMul {mul} of {whole.asked:,}.",
    )
    downloads("accuracy", "accuracy", figure, lambda: _columns(rows), f"Analogies answered right\n{space.name}")
    body = "".join(
        f"<tr><td>{html.escape(row.name)}</td><td>{row.asked:,}</td><td>{_number(row.skipped)}</td>"
        + "".join(f"<td>{percent(row.share(method)) if row.asked else '–'}</td>" for method in METHODS)
        + "</tr>"
        for row in rows
    )
    st.html(
        '<div class="explorer-scroll"><table class="explorer-table"><thead><tr><th>kind</th><th>asked</th>'
        f"<th>left out</th><th>3CosAdd</th><th>3CosMul</th></tr></thead><tbody>{body}</tbody></table></div>"
    )
    explain.explanation(
        f"Each question gives three words and asks for the fourth. It is looked for among the first {RESTRICT:,} "
        "words, without the three of the question; only the very word that is expected counts. Upper and "
        "lower case are the same. Questions with a word that is not in the vocabulary are left out.",
        lambda: [
            r"\text{accuracy} = \frac{\text{right}}{\text{asked}}",
            *(
                rf"\text{{{METHODS[method]}}}: \frac{{{whole.right[method]}}}{{{whole.asked}}} = "
                rf"{whole.share(method):.4f}"
                for method in METHODS
            ),
        ],
        [questions.answered],
    )


def _similarity(space: WordVectors, known: "Measured | None", test: str, data: bytes | None) -> None:
    def judge() -> Agreement | None:
        if data is None:
            raise ModelError(_absent(test))
        return questions.agreement(space, questions.read_pairs(data))

    found = controls.last_good(f"{test} {space.key}", judge, _nothing)
    if found is None:
        if known is not None:
            ranks = known.wordsim353 if test == "wordsim353" else known.simlex999
            st.text(f"Measured when these vectors were made: Spearman's ρ {minus(f'{ranks:.3f}')}.")
        return
    rho = minus(f"{found.rho:.3f}")
    st.text(
        f"Spearman's ρ {rho} over {found.pairs:,} pairs; {found.skipped:,} are left out, since a word of theirs is not "
        "in the vocabulary."
    )
    figure = judged_pairs(found.words, found.human, found.cosine)
    st.plotly_chart(
        figure,
        key="similarity",
        config={"displayModeBar": False},
        alt=f"{found.pairs} pairs of words by human similarity and cosine; rank correlation {rho}.",
    )
    downloads("similarity", "similarity", figure, lambda: _pairs(found), f"{_TESTS[test]}\n{space.name}", rows=400)
    explain.explanation(
        "Both columns are replaced by their ranks, equal values by the mean of theirs; ρ is the correlation of the "
        "ranks. WordSim-353 asks how related two words are, SimLex-999 how similar: coffee and cup are related only.",
        lambda: [
            r"\rho = \frac{\operatorname{cov}(r_x, r_y)}{\sigma_{r_x} \sigma_{r_y}}",
            rf"\rho = {found.rho:.4f} \quad (n = {found.pairs})",
        ],
        [questions.agreement],
    )


def _absent(test: str) -> str:
    return (
        f"The test set {_TESTS[test]} does not ship with this app. It is part of the package gensim (pip install "
        f"gensim); or choose the file {FILES[test]} below."
    )


def _number(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _nothing() -> Agreement | None:
    return None


def _offer(error: ModelError) -> tuple[str, Callable[[], None]] | None:
    return ("Start again", partial(waiting.go_on, "analogies accuracy")) if isinstance(error, waiting.Stopped) else None


def _columns(rows: list[Result]) -> Columns:
    return {
        "kind": [row.name for row in rows],
        "asked": [row.asked for row in rows],
        "left out": ["" if row.skipped is None else row.skipped for row in rows],
        **{f"right by {title}": [row.right[method] for row in rows] for method, title in METHODS.items()},
    }


def _pairs(found: Agreement) -> Columns:
    return {
        "first": [one for one, _ in found.words],
        "second": [other for _, other in found.words],
        "human": found.human.tolist(),
        "cosine": found.cosine.tolist(),
    }
