"""The pairs of a sequence against those to expect without dependence, and Markov's own numbers beside a recount."""

import html
import math

import numpy as np
import streamlit as st

from explorer.downloads import Columns, downloads
from explorer.figures.markov import MOST_IN_GRAPH
from explorer.numbers import power_of_ten
from explorer.panels.chain_source import Source
from models.mixers.markov import Dependence, dependence, expected_pairs
from models.zoo.onegin import PUBLISHED

_RARE = 5  # expected pairs below which the chi-square distribution is rough
_SURE, _DOUBTFUL = 0.001, 0.05


def pairs_panel(source: Source) -> None:
    """Whether a state depends on the one before it."""
    if source.counts is None:
        return
    st.subheader("Does the next one depend on this one?", anchor=False)
    left, right = st.columns(2, gap="large") if source.kind == "onegin" else (st.container(), None)
    names, counts = source.chain.states, source.counts
    expected = expected_pairs(counts)
    with left:
        if len(names) <= MOST_IN_GRAPH:
            st.html(_pairs_table(names, counts, expected))
        st.text(_verdict(dependence(counts), counts, expected))
        downloads("pairs", None, None, lambda: _columns(names, counts, expected), "Pairs of states")
    if right is not None:
        with right:
            st.html(_markovs_table(counts, source))
            st.caption(
                "The first 20,000 letters of Pushkin's Eugene Onegin, without ъ and ь, й counted as a vowel. "
                "Editions differ by a few letters."
            )


def _pairs_table(names: tuple[str, ...], counts: np.ndarray, expected: np.ndarray) -> str:
    head = "".join(f"<th><bdi>{html.escape(name)}</bdi></th>" for name in names)
    rows = "".join(
        f"<tr><th><bdi>{html.escape(name)}</bdi></th>"
        + "".join(
            f"<td><b>{int(seen):,}</b><br><span class='explorer-facts'>expected {awaited:,.1f}</span></td>"
            for seen, awaited in zip(counts[i], expected[i], strict=True)
        )
        + f"<td>{int(counts[i].sum()):,}</td></tr>"
        for i, name in enumerate(names)
    )
    sums = "".join(f"<td>{int(total):,}</td>" for total in counts.sum(0))
    return (
        '<div class="explorer-scroll" tabindex="0" role="region" aria-label="Pairs of states">'
        '<table class="explorer-table"><caption style="text-align: left">Row: this one. Column: the next one. '
        "Small: what to expect if each were drawn for itself.</caption>"
        f"<thead><tr><th></th>{head}<th>all pairs</th></tr></thead><tbody>{rows}"
        f"<tr><th>all pairs</th>{sums}<td>{int(counts.sum()):,}</td></tr></tbody></table></div>"
    )


def _verdict(found: Dependence, counts: np.ndarray, expected: np.ndarray) -> str:
    if not found.degrees:
        return f"{int(counts.sum()):,} pairs, all of one kind of state: there is nothing to compare."
    if found.p_value < 1e-300:
        p = "p < 10⁻³⁰⁰"
    else:
        tiny = found.p_value < 1e-3
        p = f"p = {power_of_ten(math.log(found.p_value), digits=0) if tiny else f'{found.p_value:.2g}'}"
    says = (
        "the next one depends on this one."
        if found.p_value < _SURE
        else "a hint that the next one depends on this one."
        if found.p_value < _DOUBTFUL
        else "no clear dependence."
    )
    filled = expected[counts.sum(1) > 0][:, counts.sum(0) > 0]
    rare = bool((filled < _RARE).any())
    return (
        f"χ² = {found.chi_square:,.1f} with {found.degrees:,} degree{'s' * (found.degrees > 1)} of freedom, "
        f"{int(counts.sum()):,} pairs. Were each state drawn for itself, it would be about {found.degrees:,}; "
        f"by chance one as large comes with {p}: {says}"
        + (f" Some pairs are expected less than {_RARE} times, so p is rough." if rare else "")
    )


def _markovs_table(counts: np.ndarray, source: Source) -> str:
    letters, vowels = len(source.sequence), source.sequence.count(0)
    after = source.chain.transition[:, 0]
    rows = (
        ("Vowels", f"{PUBLISHED['vowels']:,}", f"{vowels:,}"),
        ("P(vowel)", "0.432", f"{vowels / letters:.4f}"),
        ("Pairs of two vowels", f"{PUBLISHED['vowel pairs']:,}", f"{int(counts[0, 0]):,}"),
        ("P(vowel | vowel)", f"{PUBLISHED['vowel after vowel']}", f"{after[0]:.4f}"),
        ("P(vowel | consonant)", f"{PUBLISHED['vowel after consonant']}", f"{after[1]:.4f}"),
    )
    body = "".join(f"<tr><th>{name}</th><td>{his}</td><td>{ours}</td></tr>" for name, his, ours in rows)
    return (
        '<table class="explorer-table"><caption style="text-align: left">Markov\'s numbers and ours</caption>'
        "<thead><tr><th></th><th>Markov, published 1913</th><th>Recounted here</th></tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _columns(names: tuple[str, ...], counts: np.ndarray, expected: np.ndarray) -> Columns:
    cells = [(i, j) for i in range(len(names)) for j in range(len(names))]
    return {
        "this": [names[i] for i, _ in cells],
        "next": [names[j] for _, j in cells],
        "pairs": [int(counts[i, j]) for i, j in cells],
        "expected without dependence": [float(expected[i, j]) for i, j in cells],
    }
