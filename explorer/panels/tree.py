"""Where the reader has gone as a tree, with the greedy path and beam search laid over it."""

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

import streamlit as st

from explorer import asking, controls, explain
from explorer.asking import Reading
from explorer.components.number_keys import number_keys
from explorer.numbers import minus, times
from explorer.panels import distribution, prompt
from explorer.panels.continuations import Continuation, text_html
from explorer.panels.decoding import beam_width
from explorer.panels.token_tree import Group, path_tree, spelt
from models.prediction.generating import Hypothesis, beam_search
from models.prediction.paths import Found, search, walk
from models.tokens.words import WordTokenizer

if TYPE_CHECKING:
    from models.interfaces import LanguageModel, Tokenizer

_SEARCHES = {"beam": "Greedy and beam", "greedy": "Greedy", "none": "Neither"}
_CANDIDATES = 5


def token_paths(slug: str, reading: Reading) -> None:
    """The tree; a click on a token goes there."""
    left, middle, right = st.columns([2, 1, 1], gap="medium")
    with left:
        laid = controls.choice(f"{slug}_search", "Laid over the tree", list(_SEARCHES), _SEARCHES.__getitem__)
    width, depth = {"beam": 3, "greedy": 1, "none": 0}[laid], 6
    with middle:
        if laid == "beam":
            width = beam_width(slug)
    with right:
        if laid != "none":
            depth = controls.count(f"{slug}_depth", "Tokens deep", 6, 1, 20)
    token_ids, gone, name = reading.score.token_ids, prompt.branches(reading), reading.model.card.name
    root, mine = token_ids[: gone.root], token_ids[gone.root :]
    left_behind = tuple(path for path in gone.paths if path != mine)
    verdict, place, other_place = st.container(), st.empty(), st.empty()
    branches: list[Hypothesis] = []
    if left_behind:

        def work_on_branches(lm: "LanguageModel") -> Iterator[Hypothesis]:
            return walk(lm, root, left_behind)

        walked = asking.stream(f"{slug} paths", name, (root, left_behind), work_on_branches, _walking, place)
        branches = list(walked.parts) if walked else []
    found: Found | None = None
    if laid != "none":

        def work(lm: "LanguageModel") -> Iterator[Found]:
            return search(lm, root, width, depth)

        searched = asking.stream(f"{slug} search", name, (root, width, depth), work, _searching, other_place)
        found = searched.parts[-1] if searched and searched.ended and searched.parts else None
    here = Hypothesis(mine, tuple(reading.score.log_probs[gone.root :].tolist()), ended=False)
    if found is not None:
        with verdict:
            _verdict(found, reading)
    _draw(reading, root, here, branches, found)
    explain.explanation(
        "A path's log-probability is the sum of its tokens'. Greedy decoding takes the most probable token at each "
        "step; beam search keeps the few paths whose sums are highest, and so may begin with a token that is not "
        "the most probable one.",
        lambda: _formulas(here, found, reading),
        [search, beam_search],
    )


def _walking(paths: Sequence[Hypothesis]) -> str:
    return f"Reading the branches: {len(paths)}"


def _searching(steps: Sequence[Found]) -> str:
    deepest = steps[-1].beams[0] if steps[-1].beams else steps[-1].greedy
    return f"Searching: {len(deepest.token_ids)} deep"


def _verdict(found: Found, reading: Reading) -> None:
    lines = [("Greedy", found.greedy)]
    if found.beams:
        best, greedy = found.beams[0], found.greedy
        lines.insert(0, ("Beam", best))
        ratio = best.total - greedy.total
        if ratio > 1e-4:
            said = f"Beam search finds a path {times(ratio)} times as probable as the greedy one."
        elif ratio < -1e-4:
            said = f"Beam search lost the greedy path on the way, which is {times(-ratio)} times as probable."
        else:
            said = "Here the greedy path is the best that beam search finds."
        st.subheader(said, anchor=False)
        if len(best.token_ids) != len(greedy.token_ids):
            st.caption("One of them ended the text and is shorter: fewer factors below 1 make it more probable.")
    rows = "".join(
        f"<tr><th>{name}</th><td>{minus(f'{one.total:.2f}')}</td><td>{html.escape(_in_a_line(one, reading))}</td></tr>"
        for name, one in lines
    )
    st.html(f'<table class="explorer-paths"><tr><th></th><th>ln P</th><th></th></tr>{rows}</table>')


def _in_a_line(path: Hypothesis, reading: Reading) -> str:
    return _run_together(reading.model.tokenizer, path.token_ids).replace("␣", " ").strip()


def _run_together(tokenizer: "Tokenizer", token_ids: Sequence[int]) -> str:
    """Visible forms as a text; those of words have no spaces of their own."""
    words = isinstance(tokenizer, WordTokenizer)
    return tokenizer.decode(token_ids) if words else "".join(tokenizer.tokens(token_ids))


def _draw(
    reading: Reading, root: Sequence[int], here: Hypothesis, branches: Sequence[Hypothesis], found: Found | None
) -> None:
    tokenizer, after = reading.model.tokenizer, reading.score.next
    candidates = after.top_ids(_CANDIDATES)
    next_ones = [
        Hypothesis((*here.token_ids, token_id), (*here.log_probs, float(after.log_probs[token_id])), ended=False)
        for token_id in candidates
    ]
    beams, greedy = (list(found.beams), [found.greedy]) if found else ([], [])
    path_tree(
        [
            Group("here", "your path", [here]),
            Group("beam", "beam", beams),
            Group("greedy", "greedy path", greedy),
            Group("taken", "branch", branches),
            Group("next", "next tokens", next_ones),
        ],
        tokenizer.tokens,
        root=_run_together(tokenizer, list(root[-8:])) or tokenizer.tokens([tokenizer.start_id])[0],
        mark=_mark(root),
        name="tree",
        what="tokens after the prompt",
        unit="token",
        given="before",
        about=f"Paths of tokens after the prompt, with their running ln P\nModel: {reading.model.card.title}\n"
        f"Prompt: {tokenizer.decode(list(root))}",
        on_click=_go,
    )
    ways = [*((f"beam {i}", one) for i, one in enumerate(beams, 1)), *(("greedy path", one) for one in greedy)]
    _list([*ways, *(("branch", one) for one in branches)], reading, root)
    number_keys(candidates, f"{len(reading.score.token_ids)} {hash(reading.score.token_ids)}", distribution.append)
    st.caption(
        "The thick frame is where you stand, blue your path, grey branches that you left, green beam search, orange "
        "the greedy path (its frame, where beam search goes the same way). Unfilled: the most probable next tokens. "
        "Click a box to go there, or press 1 to 5 for the next token; a click above cuts the text."
    )


def _list(paths: Sequence[tuple[str, Hypothesis]], reading: Reading, root: Sequence[int]) -> None:
    """The paths one below the other, for those who don't click in figures."""
    box = st.expander("All paths, as a list", key="path_list", on_change="rerun")
    if not box.open:
        return
    before = reading.model.tokenizer.decode(list(root))
    for i, (name, path) in enumerate(sorted(paths, key=lambda named: -named[1].total)):
        with box, st.container(horizontal=True, vertical_alignment="center"):
            tokens = reading.model.tokenizer.tokens(path.token_ids)
            facts = minus(f"{name} · ln P = {path.total:.2f} · {len(tokens)} tokens")
            st.html(text_html(Continuation(tokens, path.log_probs, facts), before, 12, reading.model.tokenizer))
            there = (_mark(root), spelt(path.token_ids))
            st.button("Go there", key=f"path_{i}", type="tertiary", on_click=_go, args=there)


def _formulas(here: Hypothesis, found: Found | None, reading: Reading) -> list[str]:
    formulas = [r"\ln P(w_{t+1} \dots w_{t+n} \mid w_{\le t}) = \sum_{i=1}^{n} \ln P(w_{t+i} \mid w_{<t+i})"]
    named = [("beam", found.beams[0])] if found and found.beams else []
    named += [("greedy", found.greedy)] if found else []
    named += [("your path", here)] if here.token_ids else []
    for name, path in named:
        tokens = reading.model.tokenizer.tokens(path.token_ids)
        factors = [
            rf"\underbrace{{{log_prob:+.2f}}}_{{{explain.latex_text(token)}}}"
            for token, log_prob in zip(tokens, path.log_probs, strict=True)
        ]
        formulas.append(
            rf"\begin{{aligned}}\text{{{name}}}:\; &{' '.join(factors)} \\ &= {path.total:.2f}\end{{aligned}}"
        )
    return formulas


def _mark(root: Sequence[int]) -> str:
    """Tells a root from another."""
    return f"{crc32(spelt(root).encode()):x}"


def _go(mark: str, path: str) -> None:
    reading = asking.last_reading("prompt")
    if reading is None:
        return
    root = reading.score.token_ids[: prompt.branches(reading).root]
    if mark == _mark(root):
        prompt.set_prompt_ids(reading, [*root, *(int(token_id) for token_id in path.split("-") if token_id)])
