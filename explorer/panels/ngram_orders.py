"""N from 1 to 6: how a model of the same text changes."""

import html
from collections.abc import Sequence

import streamlit as st

from explorer import controls, explain, waiting
from explorer.downloads import Columns, downloads
from explorer.figures.ngrams import perplexity_by_order
from explorer.inference import Ticket
from explorer.numbers import percent
from explorer.panels.ngram_source import Counted
from models.mixers.ngram_lm import perplexity
from models.mixers.ngram_orders import OrderReport, by_order
from models.tokens.words import END_ID

_MOST = 6


def orders(slug: str, counted: Counted) -> None:
    """Perplexity on what was counted and on what was not, size, the share of the unseen, and a text of each."""
    text = counted.text
    if text is None or counted.settings.method == "history":
        controls.notice(
            "The built-in table's perplexities are on its models' cards: Model, below. Count a text or a file here."
            if text is None
            else "The whole history has no N. Choose another smoothing."
        )
        return
    seed = controls.count(f"{slug}_seed", "Seed of the texts", 0, 0, 100)
    place = st.empty()

    def work(ticket: Ticket) -> list[OrderReport]:
        found = []
        for report in by_order(text, method=counted.settings.method, k=counted.settings.k, seed=seed, most=_MOST):
            found.append(report)
            ticket.progress(len(found), _MOST)
        return found

    with controls.explained_errors(place, "by_order"):
        key = (counted.source.key, counted.settings, seed)
        _shown(waiting.computed("ngrams orders", key, work, "Counting with N from 1 to 6", place), counted)


def _shown(reports: Sequence[OrderReport], counted: Counted) -> None:
    numbers, train, held = zip(*((one.order, one.train, one.held_out) for one in reports), strict=True)
    figure = perplexity_by_order(numbers, train, held)
    st.plotly_chart(
        figure,
        key="by_order",
        config={"displayModeBar": False},
        alt="Perplexity of the counted and of the held-out text for N from 1 to 6.",
    )
    downloads("by_order", "by_order", figure, lambda: _columns(reports, counted), "Perplexity against N")
    st.caption(
        "Every fifth sentence was held out; the others were counted. The vocabulary holds the words of all. "
        "A larger N knows what it has seen ever better, "
        "and has seen ever less of anything else. ∞: something has the probability 0."
    )
    rows = "".join(
        f"<tr><td>{one.order}</td><td>{one.ngrams:,}</td><td>{percent(one.unseen)}</td>"
        f"<td>{html.escape(_written(one, counted))}</td></tr>"
        for one in reports
    )
    st.html(
        '<div class="explorer-scroll" tabindex="0" role="region" aria-label="N from 1 to 6">'
        '<table class="explorer-table"><thead><tr><th>N</th><th>Different n-grams up to N</th>'
        f"<th>Held-out N-grams never seen</th><th>A text drawn from it</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )
    explain.explanation(
        "Perplexity is the inverse probability of a text, per token (a geometric mean): among how many equally likely "
        "tokens the choice would be as hard.",
        lambda: [
            r"\text{perplexity} = P(w_1 \dots w_n)^{-1/n} = e^{-\frac{1}{n} \sum_t \ln P(w_t \mid w_{<t})}",
            rf"N = {reports[0].order}:\quad {reports[0].train:,.2f}\text{{ on the counted text}}",
        ],
        [perplexity, by_order],
    )


def _written(one: OrderReport, counted: Counted) -> str:
    ids = list(one.generated)
    ended = bool(ids) and ids[-1] == END_ID
    return counted.lm.tokenizer.decode(ids[: len(ids) - ended]) + ("" if ended else " …")


def _columns(reports: Sequence[OrderReport], counted: Counted) -> Columns:
    return {
        "N": [one.order for one in reports],
        "perplexity, counted text": [one.train for one in reports],
        "perplexity, held-out text": [one.held_out for one in reports],
        "n-grams": [one.ngrams for one in reports],
        "share of held-out N-grams never seen": [one.unseen for one in reports],
        "generated": [_written(one, counted) for one in reports],
    }
