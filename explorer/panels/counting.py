"""N-grams of a text: the counts behind a prediction, and what is made of them."""

import html
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import streamlit as st

from explorer import asking, controls, explain, loading
from explorer.asking import Reading
from explorer.downloads import Columns, downloads
from explorer.figures.ngrams import perplexity_by_order
from explorer.numbers import percent
from explorer.panels import distribution, generation, prompt
from explorer.panels.continuations import text_html
from models.mixers.ngram_lm import METHODS, UNITS
from models.mixers.ngrams import Counts, count
from models.mixers.smoothing import context
from models.prediction.decoding import Decoding
from models.prediction.generating import generate

if TYPE_CHECKING:
    from models.mixers.ngram_lm import NGramLM, OrderReport

_FOLLOWERS = 4
_LONGEST = 40  # tokens of a text from the start


def ngram_controls(slug: str) -> tuple[str, int, str]:
    """What is counted, N, and how counts become probabilities."""
    unit = controls.choice(f"{slug}_unit", "Count", list(UNITS), str.capitalize)
    order = controls.count(f"{slug}_order", "N", 3, 1, 6, "The next token is predicted from the last N - 1.")
    method = controls.pick_one(f"{slug}_method", "Smoothing", list(METHODS), METHODS.__getitem__)
    return unit, order, method


def read(corpus: str, text: str, unit: str, order: int, method: str) -> Reading | None:
    """What the counted model says of the prompt; None if there is nothing to count, and the reader has been told so."""
    found = []
    with controls.explained_errors(st.empty(), "corpus"):
        lm = loading.counted(corpus, unit, order, method)
        found.append(asking.read_now("prompt", lm, prompt.chosen_ids(text, lm.tokenizer)))
    return found[0] if found else None


def model(reading: Reading) -> "NGramLM":
    """The counted model that a reading comes from."""
    from models.mixers.ngram_lm import NGramLM

    if not isinstance(reading.model, NGramLM):
        raise TypeError("this reading comes from another kind of model")
    return reading.model


def bars(reading: Reading, lm: "NGramLM") -> None:
    """The distribution of the next token."""
    distribution.distribution(reading, Decoding(), min(10, lm.tokenizer.vocab_size - 1), log=False)


def counts_table(reading: Reading, lm: "NGramLM") -> None:
    """For each length of the history: how often it occurs, and what follows it; the longest one seen is marked."""
    history = [lm.tokenizer.start_id, *reading.score.token_ids]
    tokens = lm.tokenizer.tokens
    longest = context(history, lm.smoothing.order)
    rows, used = [], False
    for length in range(len(longest), -1, -1):
        last = longest[len(longest) - length :]
        words, seen = lm.counts.next_counts(last)
        followed = [(int(w), int(c)) for w, c in zip(words, seen, strict=True) if w != lm.tokenizer.start_id]
        followed.sort(key=lambda pair: -pair[1])
        of = sum(c for _, c in followed)
        mark = " aria-current=true" if of and not used else ""
        used = used or bool(of)
        said = " · ".join(f"{html.escape(tokens([w])[0])} {c}/{of}" for w, c in followed[:_FOLLOWERS])
        more = f" · {len(followed) - _FOLLOWERS} others" if len(followed) > _FOLLOWERS else ""
        shown = html.escape(" ".join(tokens(list(last)))) or "<i>no history</i>"
        rows.append(
            f"<tr{mark}><td>{shown}</td><td>{of:,}</td><td>{said + more if of else 'never seen: 0/0'}</td></tr>"
        )
    st.html(
        '<div class="explorer-scroll" tabindex="0" role="region" aria-label="Counts of the histories">'
        '<table class="explorer-table"><thead><tr><th>History h</th><th>#(h)</th>'
        f"<th>Next token w: #(h w)/#(h)</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def how_computed(reading: Reading, lm: "NGramLM") -> None:
    """The fraction behind the first bar."""
    explain.explanation(
        "An n-gram model counts how often each token followed the last N - 1 tokens, and divides by how often those "
        "occurred. What was never seen gets nothing; smoothing takes from what was seen and "
        "gives it to the rest.",
        lambda: _formulas(reading, lm),
        [type(lm.smoothing), Counts, count],
    )


def _formulas(reading: Reading, lm: "NGramLM") -> list[str]:
    history = context([lm.tokenizer.start_id, *reading.score.token_ids], lm.smoothing.order)
    after = reading.score.next
    first = after.top_ids(1)[0]
    words, seen = lm.counts.next_counts(history)
    hits = {int(w): int(c) for w, c in zip(words, seen, strict=True)}
    shown = " ".join(lm.tokenizer.tokens([*history]))
    h, w = explain.latex_text(shown), explain.latex_text(lm.tokenizer.tokens([first])[0])
    total = sum(c for w_, c in hits.items() if w_ != lm.tokenizer.start_id)
    fraction = f"\\frac{{{hits.get(first, 0)}}}{{{total}}}"
    formulas = [
        r"P(w_t \mid w_{t-N+1} \dots w_{t-1}) = \frac{\#(w_{t-N+1} \dots w_t)}{\#(w_{t-N+1} \dots w_{t-1})}",
        rf"\begin{{aligned}}&\frac{{\#({h}\;{w})}}{{\#({h})}} = {fraction}"
        + (rf" = {hits.get(first, 0) / total:.4f}" if total else r"\text{, never seen}")
        + r"\end{aligned}",
    ]
    formulas.append(rf"P({w} \mid {h}) = {float(after.probs[first]):.4f} \quad\text{{after smoothing}}")
    return formulas


def against_order(corpus: str, unit: str, method: str) -> None:
    """Perplexity, size and what was never seen, for N from 1 to 6; folded, since it counts six times."""
    box = st.expander("N from 1 to 6: perplexity, size, what was never seen", key="by_order", on_change="rerun")
    if not box.open:
        return
    with box, controls.explained_errors(st.empty(), "by_order"):
        reports = loading.counted_by_order(corpus, unit, method)
        orders, train, held = zip(*((one.order, one.train, one.held_out) for one in reports), strict=True)
        figure = perplexity_by_order(orders, train, held)
        st.plotly_chart(
            figure,
            key="by_order_chart",
            config={"displayModeBar": False},
            alt="Perplexity of the counted and of the held-out text for N from 1 to 6.",
        )
        downloads("by_order", "by_order_chart", figure, lambda: _report_columns(reports), "Perplexity against N")
        st.caption("Every fifth sentence was held out; the others were counted.")
        rows = "".join(
            f"<tr><td>{one.order}</td><td>{one.ngrams:,}</td><td>{percent(one.unseen)}</td></tr>" for one in reports
        )
        st.html(
            '<table class="explorer-table"><thead><tr><th>N</th><th>Different n-grams up to N</th>'
            f"<th>Held-out N-grams that were never seen</th></tr></thead><tbody>{rows}</tbody></table>"
        )


def _report_columns(reports: "Sequence[OrderReport]") -> Columns:
    return {
        "N": [one.order for one in reports],
        "perplexity, counted text": [one.train for one in reports],
        "perplexity, held-out text": [one.held_out for one in reports],
        "n-grams": [one.ngrams for one in reports],
        "share of held-out N-grams never seen": [one.unseen for one in reports],
    }


def from_the_start(lm: "NGramLM", seed: int) -> None:
    """What the model writes from its start token on: by argmax, which may never end, and by drawing."""
    for name, decoding in (("By argmax", Decoding(temperature=0.0)), ("Drawn", Decoding(seed=seed))):
        steps = list(generate(lm, [], decoding, _LONGEST))
        one = generation.of_steps(steps)
        ids = [step.token_id for step in steps]
        written = [lm.tokenizer.decode(ids[:i]) for i in range(len(ids) + 1)]
        one = replace(one, tokens=[after[len(before) :] for before, after in pairwise(written)])
        ended = "ended by </s>" if steps[-1].token_id == lm.tokenizer.end_id else f"cut after {_LONGEST} tokens"
        looping = "in a loop, " if one.loop_start is not None else ""
        st.html(text_html(one, f"{name}, {looping}{ended}: ", 60))


def text_facts(lm: "NGramLM") -> None:
    """How large the text and its n-grams are, and how sparse."""
    sizes = [len(ngrams) for ngrams in lm.counts.ngrams]
    size = lm.tokenizer.vocab_size
    lines: Sequence[str] = [
        f"{lm.card.corpus}; |V| = {size:,}.",
        *(
            f"{n}-grams: {seen:,} different of {float(size) ** n:,.0f} possible, {percent(seen / float(size) ** n)}."
            for n, seen in enumerate(sizes, 1)
        ),
    ]
    st.text("\n".join(lines))
