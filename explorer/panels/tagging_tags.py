"""The names that four taggers find in a text, and how probable each tag of each word is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st
import torch
from jaxtyping import Float
from torch import Tensor

from explorer import address, controls, explain
from explorer.components.tagging_rows import Frame, tagging_rows
from explorer.downloads import Columns, downloads
from explorer.figures.tagging import cut, tag_bars, tag_map
from explorer.numbers import percent
from explorer.panels import tagging_text
from explorer.panels.tagging_text import KINDS, MARK, NO_NAME, Said, Typed, in_words
from models.mixers.hmm import HMM
from models.tasks.crf import CRF
from models.tasks.tagging import TAGS, TYPES, TaggerNetwork
from models.tasks.tagging_models import Tagged
from models.zoo.tagging import NAMES

MOST = 60  # words of the figure
_BARS = 5
_READS = {
    "hmm": "HMM: P(state | all words), from the forward and the backward pass.",
    "lstm": "Softmax of the scores, word by word. Nothing to the right of a word counts.",
    "bilstm": "Softmax of the scores, word by word. The whole sentence counts.",
    "bilstm-crf": "CRF: the marginals, the share of all paths that go through a tag.",
}


def tags_view(slug: str) -> None:
    """The text, a row for each tagger, and the distribution of each word's tag."""
    typed = tagging_text.typed()
    said = tagging_text.said(slug, [typed.words], NAMES)
    if said is None:
        return
    left, right = st.columns([2, 1], gap="medium")
    with right:
        name = controls.pick_one(f"{slug}_tagger", "Probabilities by", NAMES[::-1], tagging_text.title)
    tagged = said.by[name][0]
    place = _chosen(slug, tagged)
    with left:
        _rows(slug, typed, said, place)
    with right:
        _one_word(typed, tagged, place, name)
    _map(typed, tagged, place, name)
    _how_computed(typed, tagged, place, name)


def _chosen(slug: str, tagged: Tagged) -> int:
    """The word that the reader clicked; at first the first one that is in a name."""
    first = next((i for i, tag in enumerate(tagged.path) if tag), 0)
    return address.parsed(f"{slug}_token", first, int, lambda place: 0 <= place < len(tagged.words))


def _rows(slug: str, typed: Typed, said: Said, place: int) -> None:
    paths = [said.by[name][0].path for name in NAMES]
    kinds = [[tagging_text.kind_of(tag) for tag in path] for path in paths]
    differ = [i for i, row in enumerate(zip(*kinds)) if len(set(row)) > 1]
    frame: Frame = {"said": "", "rows": paths, "marked": [[] for _ in paths]}
    tagging_rows(
        typed.shown,
        [tagging_text.title(name) for name in NAMES],
        [frame],
        KINDS,
        differ=differ,
        chosen=place,
        mark=MARK,
        key="tagging_rows",
        on_token=lambda i: address.set_values(**{f"{slug}_token": str(i)}),
    )
    count = len(typed.words)
    st.caption(
        f"{count:,} {'word or sign' if count == 1 else 'words and signs'}, read as one sentence. "
        + (f"The taggers disagree on {len(differ)} of them (≠). " if differ else "The taggers agree. ")
        + "A click on a word shows its distribution."
    )
    downloads("tags", "tagging_rows", None, lambda: _columns(typed, said), f"Names found\nText: {typed.text}")


def _one_word(typed: Typed, tagged: Tagged, place: int, name: str) -> None:
    probs = tagged.probs[place].double()
    top = probs.topk(_BARS)
    rest = max(0.0, float(1 - top.values.sum()))
    tags = [in_words(tag) for tag in top.indices.tolist()] + [f"all other {len(TAGS) - _BARS}"]
    values = [*top.values.tolist(), rest]
    colours = [*(tagging_text.colour(tag) for tag in top.indices.tolist()), tagging_text.colour(0)]
    figure = tag_bars(tags, values, colours)
    word = cut(typed.shown[place])
    st.plotly_chart(
        figure,
        key="tag_bars",
        config={"displayModeBar": False},
        alt=f"{tagging_text.title(name)}: the tag of “{word}” is most probably {tags[0]}, {percent(values[0])}.",
    )
    st.text(f"“{word}”, word {place + 1}: {tagging_text.tagger(name).known(typed.words[place])}.")
    downloads(
        "one_word",
        "tag_bars",
        figure,
        lambda: {"tag": [in_words(i) for i in range(len(TAGS))], "probability": probs.tolist()},
        f"Tags of “{word}”, {tagging_text.title(name)}\nText: {typed.text}",
    )


def by_kind(probs: Float[Tensor, "pos tag"]) -> Float[Tensor, "pos kind"]:
    """P(the word belongs to such a name) of each kind, and last P(no name)."""
    return torch.cat([probs[:, 1::2] + probs[:, 2::2], probs[:, :1]], dim=1)


def _map(typed: Typed, tagged: Tagged, place: int, name: str) -> None:
    first = min(max(0, place - MOST // 2), max(0, len(typed.words) - MOST))
    part = slice(first, first + MOST)
    kinds = [*TYPES.values(), NO_NAME]
    table = by_kind(tagged.probs)
    figure = tag_map(typed.shown[part], kinds, table[part].numpy(), place - first)
    st.plotly_chart(
        figure,
        key="tag_map",
        config={"displayModeBar": False},
        alt=f"How probable each kind of name is for each word, by {tagging_text.title(name)}. "
        f"Names found: {tagging_text.listed(typed.words[part], tagged.path[part])}.",
    )
    cut_off = f" Words {first + 1} to {first + MOST} of {len(typed.words):,}." if len(typed.words) > MOST else ""
    st.caption(
        f"{_READS[name]} B and I of a kind are added up here; the bars above tell them apart.{cut_off} "
        "How sure a tagger says it is, is not how often it is right: that is under “How good”."
    )
    downloads(
        "tag_map",
        "tag_map",
        figure,
        lambda: {
            "word": typed.shown,
            **{tag: tagged.probs[:, i].tolist() for i, tag in enumerate(TAGS)},
        },
        f"Tags of each word, {tagging_text.title(name)}\nText: {typed.text}",
    )


def _columns(typed: Typed, said: Said) -> Columns:
    return {"word": typed.shown, **{tagging_text.title(name): said.by[name][0].tags for name in NAMES}}


def _how_computed(typed: Typed, tagged: Tagged, place: int, name: str) -> None:
    tag = int(tagged.probs[place].argmax())
    p = float(tagged.probs[place, tag])
    word = explain.latex_text(cut(typed.shown[place]))
    numbers = rf"P(y_{{{place + 1}}} = \text{{{in_words(tag)}}} \mid {word} \dots) = {p:.4f}"
    words = {
        "hmm": "States are the tags. How often a tag follows another, and how often a word has a tag, was counted in "
        "the training sentences. A word that was rare there is read by its class: its shape and its last letters.",
        "lstm": "A word's vector and what an LSTM makes of its characters go into an LSTM that reads from the left. "
        f"From its state come {len(TAGS)} scores, from these by softmax the probabilities.",
        "bilstm": "A second LSTM reads the sentence from its end. The states of both stand side by side, and from "
        f"them come {len(TAGS)} scores.",
        "bilstm-crf": "As in the BiLSTM, but the scores of a word's tags are only half: a CRF adds a score for each "
        "step from tag to tag, and the whole path is normalised, not each word.",
    }
    explain.explanation(words[name], lambda: [*_formulas(name), numbers], _FUNCTIONS[name])


_FUNCTIONS: Mapping[str, Sequence[Callable[..., Any]]] = {
    "hmm": [HMM.forward, HMM.backward, HMM.posterior],
    "lstm": [TaggerNetwork.forward, TaggerNetwork.spelled],
    "bilstm": [TaggerNetwork.forward, TaggerNetwork.spelled],
    "bilstm-crf": [TaggerNetwork.forward, CRF.marginals, CRF.forward_scores, CRF.backward_scores],
}


def _formulas(name: str) -> list[str]:
    if name == "hmm":
        return [
            r"P(w, y) = \pi_{y_1} B_{y_1}(w_1) \prod_{t>1} A_{y_{t-1} y_t} B_{y_t}(w_t)",
            r"B_y(w) = \frac{C(w, y) + m\, P(\text{class}(w) \mid y)\, P(w \mid \text{class}(w))}{C(y) + m}",
        ]
    read = r"x_t = [e(w_t);\, c(w_t)], \qquad h_t = \mathrm{LSTM}(x_t, h_{t-1})"
    if name == "lstm":
        return [read, r"s_t = W h_t + b, \qquad P(y_t \mid w_1 \dots w_t) = \mathrm{softmax}(s_t)"]
    both = read + r", \qquad h'_t = \mathrm{LSTM}'(x_t, h'_{t+1})"
    if name == "bilstm":
        return [both, r"s_t = W [h_t;\, h'_t] + b, \qquad P(y_t \mid w_1 \dots w_n) = \mathrm{softmax}(s_t)"]
    return [
        both + r", \qquad s_t = W [h_t;\, h'_t] + b",
        r"P(y_t = j \mid w) = \frac{1}{Z} \sum_{y: y_t = j} \exp\Big(\sum_{t=1}^{n} s_t(y_t) + \sum_{t=1}^{n+1}"
        r" T_{y_{t-1} y_t}\Big), \quad y_0 = \text{start},\ y_{n+1} = \text{end}",
    ]
