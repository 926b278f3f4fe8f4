"""A CRF: what each step from tag to tag adds to a path, and the best path through this sentence."""

import math
from itertools import pairwise

import numpy as np
import streamlit as st
import torch

from explorer import controls, explain, style
from explorer.components.tagging_rows import Frame, tagging_rows
from explorer.components.trellis import trellis
from explorer.downloads import Columns, downloads
from explorer.figures.tagging import cut
from explorer.figures.tagging_paths import transition_map
from explorer.numbers import percent
from explorer.panels import tagging_text
from explorer.panels.tagging_text import KINDS, MARK, Typed, in_words
from explorer.panels.tagging_trellis import score, trellis_of
from models.tasks.crf import CRF
from models.tasks.tagging import TAGS, TYPES, possible
from models.tasks.tagging_models import NeuralTagger, PathTrace

MOST = 30  # words
NAME = "bilstm-crf"


def crf_view(slug: str) -> None:
    """The text, its best path beside the best tag of each word alone, the trellis, and the scores of all steps."""
    typed = tagging_text.typed()
    whole, typed = len(typed.words), typed.first(MOST)
    forbidden = controls.toggle(
        f"{slug}_forbid",
        "Forbid impossible steps",
        "A name goes on only where it began: I-person comes after B-person or I-person alone. What was learned does "
        "without this rule, nearly always.",
    )
    allowed = possible() if forbidden else None
    tagger = tagging_text.neural(NAME)
    crf = tagger.network.crf
    if crf is None:
        raise TypeError("this tagger has no CRF")
    trace = tagger.trace(typed.words, allowed)
    _paths(typed, trace, whole)
    st.subheader("Viterbi's algorithm", anchor=False)
    trellis(
        trellis_of([cut(word) for word in typed.shown], trace, crf, allowed),
        colour=style.PROBABILITY,
        path_colour=style.DECIDES,
        key="trellis",
    )
    st.caption(
        "The circles: the score of the best path up to there. Only the tags of both paths are drawn, and a few that "
        f"are likely; the sums go over all {len(TAGS)}."
    )
    downloads("trellis", "trellis", None, lambda: _columns(typed, trace), f"Best path\nText: {typed.text}")
    _steps(crf)
    _how_computed(tagger, trace)


def _paths(typed: Typed, trace: PathTrace, whole: int) -> None:
    differ = [i for i, (one, other) in enumerate(zip(trace.best.path, trace.alone)) if one != other]
    frame: Frame = {"said": "", "rows": [trace.best.path, trace.alone], "marked": [[], differ]}
    tagging_rows(
        typed.shown,
        ["best path", "word by word"],
        [frame],
        KINDS,
        differ=differ,
        chosen=None,
        mark=MARK,
        key="tagging_paths",
    )
    downloads(
        "paths",
        "tagging_paths",
        None,
        lambda: {
            "word": typed.shown,
            "best path": [TAGS[tag] for tag in trace.best.path],
            "word by word": [TAGS[tag] for tag in trace.alone],
        },
        f"Best path and best tags\nText: {typed.text}",
    )
    p_best, p_alone = (math.exp(value - trace.log_partition) for value in (trace.best.score, trace.alone_score))
    first = f" The first {MOST} of {whole:,} words." if whole > MOST else ""
    if not differ:
        st.caption(
            f"P(best path) = {percent(p_best)}. The highest score of each word, taken alone, gives the same path here; "
            f"the example “A path is not its words” has a sentence where it does not.{first}"
        )
        return
    broken = _broken(trace.alone)
    said = "; ".join(
        f"“{cut(typed.shown[i])}” is {in_words(trace.alone[i])} alone, {in_words(trace.best.path[i])} on the path"
        for i in differ[:3]
    )
    st.text(
        f"{said}. "
        + (f"Word by word, {broken}: that is no name. " if broken else "")
        + f"P(best path) = {percent(p_best)}, P(word by word) = {percent(p_alone)}.{first}"
    )


def _broken(path: list[int]) -> str:
    """The first step of a path that no name takes, in words."""
    allowed = possible()
    if not allowed.begins[path[0]]:
        return f"the sentence begins with {in_words(path[0])}"
    for before, after in pairwise(path):
        if not allowed.steps[before, after]:
            return f"{in_words(after)} follows {in_words(before)}"
    return ""


def _steps(crf: CRF) -> None:
    st.subheader("What each step adds", anchor=False)
    names = [in_words(tag) for tag in range(len(TAGS))]
    n = len(TAGS)
    table = np.full((n + 1, n + 1), np.nan, dtype=np.float32)
    table[0, :n], table[1:, :n], table[1:, n] = crf.initial.numpy(), crf.transition.numpy(), crf.final.numpy()
    before, after = ["start", *TAGS], [*TAGS, "end"]
    figure = transition_map(before, after, table)
    transition = crf.transition
    refused = transition[~possible().steps]
    below = int((refused < 0).sum())
    most = divmod(int(transition.argmax()), n)
    st.plotly_chart(
        figure,
        key="transitions",
        config={"displayModeBar": False},
        alt=f"The score of each step from tag to tag. Highest: {names[most[0]]} to {names[most[1]]}, "
        f"{score(float(transition.max()))}.",
    )
    st.caption(
        "The same for every sentence; blue adds to a path's score, orange takes away from it. Nobody told the CRF "
        f"which steps are impossible, and yet {'all' if below == len(refused) else f'{below} of'} these {len(refused)} "
        f"have a score below 0, {score(float(refused.mean()))} in the mean. Those of rare kinds it has seldom had a "
        "reason to learn.  \n" + ", ".join(f"{kind}: {TYPES[kind]}" for kind in TYPES)
    )
    columns: Columns = {
        "from": [one for one in before for _ in after],
        "to": after * len(before),
        "score": table.ravel().tolist(),
    }
    downloads("transitions", "transitions", figure, lambda: columns, "Scores of the steps of a CRF, from before to")


def _columns(typed: Typed, trace: PathTrace) -> Columns:
    cells = [(t, tag) for t in range(len(typed.words)) for tag in range(len(TAGS))]
    marginals = (trace.forward + trace.backward).softmax(-1)
    tables = {
        "unary score": trace.unary,
        "best path to here": trace.best.scores,
        "ln sum of paths to here": trace.forward,
        "ln sum of paths from here": trace.backward,
        "P(tag)": marginals,
    }
    return {
        "word": [typed.shown[t] for t, _ in cells],
        "tag": [TAGS[tag] for _, tag in cells],
        **{name: table.flatten().tolist() for name, table in tables.items()},
        "on the best path": [trace.best.path[t] == tag for t, tag in cells],
        "best alone": [trace.alone[t] == tag for t, tag in cells],
    }


def _how_computed(tagger: NeuralTagger, trace: PathTrace) -> None:
    crf, path = tagger.network.crf, trace.best.path
    if crf is None:
        raise TypeError("this tagger has no CRF")
    unary = float(trace.unary[torch.arange(len(path)), path].sum())
    steps = trace.best.score - unary
    explain.explanation(
        "The LSTMs give each word a score for each tag. The CRF adds one for each step. A path's probability is the "
        "exponential of its score over the sum of all paths; the forward algorithm adds these up without writing "
        "them down, as in a hidden Markov model. But nothing here is a probability before the end: the scores are "
        "normalised once, over whole paths.",
        lambda: [
            r"\mathrm{score}(y) = T_{\text{start}, y_1} + \sum_t s_t(y_t) + \sum_{t>1} T_{y_{t-1} y_t} +"
            r" T_{y_n, \text{end}}, \qquad P(y \mid w) = \frac{e^{\mathrm{score}(y)}}{Z}",
            r"\alpha_1(j) = T_{\text{start}, j} + s_1(j), \quad"
            r" \alpha_t(j) = \ln \sum_i e^{\alpha_{t-1}(i) + T_{ij}} + s_t(j), \quad"
            r" \ln Z = \ln \sum_j e^{\alpha_n(j) + T_{j, \text{end}}}",
            rf"\mathrm{{score}}(\hat y) = {unary:.2f}_{{\text{{words}}}} {steps:+.2f}_{{\text{{steps}}}} ="
            rf" {trace.best.score:.2f}, \qquad \ln Z = {trace.log_partition:.2f}",
            rf"P(\hat y \mid w) = e^{{{trace.best.score:.2f} - {trace.log_partition:.2f}}} ="
            rf" {math.exp(trace.best.score - trace.log_partition):.4f}",
        ],
        [CRF.path_score, CRF.forward_scores, CRF.log_partition, CRF.viterbi],
    )
