"""The logit lens: what the network would say after each layer, and how long the residual stream is."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from explorer import explain, waiting
from explorer.downloads import Columns, downloads
from explorer.figures.lens import best_guesses, candidate_ranks, stream_lengths
from explorer.inference import Ticket
from explorer.numbers import percent
from explorer.panels import inside
from explorer.panels.inside import Look
from models.mixers.inside import Inside, ranks

_COLUMNS = 9  # tokens at once


@dataclass(frozen=True, eq=False)
class Guesses:
    """The best guess after each layer, for some places; of shape (depth, place)."""

    first: int  # place of the first column
    ids: np.ndarray
    probs: np.ndarray
    last: np.ndarray  # the rank that the network's own best guess has there


def lens_view(slug: str) -> None:
    """The text, the best guess after every layer at every place, two candidates' ranks, and the stream's length."""
    look = inside.look(slug)
    if look is None:
        return
    place, token, against = inside.asked_inputs(slug, look, "no other")
    guesses = _guesses(slug, look, place)
    if guesses is not None:
        _map(look, guesses, place)
    found = _candidates(slug, look, place, [token] if against is None else [token, against])
    if found is not None:
        _ranks(look, found, place)
    _lengths(look, place)
    if found is not None:
        _how_computed(look, found, place)


def _guesses(slug: str, look: Look, place: int) -> Guesses | None:
    """Of the places around the chosen one, as many as there is room for."""
    first = max(0, min(place - _COLUMNS // 2, len(look.ids) - _COLUMNS))
    places = slice(first, first + _COLUMNS)

    def work(ticket: Ticket) -> Guesses:
        stream, last = look.trace.stream[:, places], look.trace.logits[places].argmax(-1)
        ids, probs, of_last = [], [], []
        for depth, resid in enumerate(stream):
            ticket.progress(depth, len(stream))
            logits = look.inside.unembed(resid)
            best = logits.max(-1)
            ids.append(best.indices)
            probs.append((best.values - logits.logsumexp(-1)).exp())
            of_last.append((logits > logits.gather(-1, last[:, None])).sum(-1) + 1)
        return Guesses(first, *(torch.stack(one).numpy() for one in (ids, probs, of_last)))

    return waiting.waited(f"{slug} lens", (*look.key, "guesses", first), work, "Reading every layer")


def _map(look: Look, guesses: Guesses, place: int) -> None:
    tokens = look.tokens[guesses.first : guesses.first + guesses.ids.shape[1]]
    words = look.lm.tokenizer.tokens(guesses.ids.ravel().tolist())
    width = guesses.ids.shape[1]
    rows = [words[i : i + width] for i in range(0, len(words), width)]
    column = place - guesses.first
    figure = best_guesses(tokens, rows, guesses.probs, column)
    settled = _settled(guesses.last[:, column])
    st.text(
        f"After “{look.tokens[place]}” the network says “{rows[-1][column]}”: the best guess from {_depth(settled)} on."
    )
    with st.container(key="scroll_lens"):  # on a phone words would run over their neighbours
        st.plotly_chart(
            figure,
            key="lens",
            config={"displayModeBar": False},
            alt=f"The best guess after each of {len(rows) - 1} layers for {width} tokens; the last after "
            f"“{look.tokens[place]}” is “{rows[-1][column]}” with {percent(float(guesses.probs[-1, column]))}.",
        )
    st.caption(
        "Each row as if the network ended there: the last norm and the unembedding on the residual stream after that "
        "layer; 0 is before the first. Earlier layers need not speak that language: what looks odd may come from "
        "the lens, not from the network."
    )
    columns: Columns = {
        "after layer": np.repeat(np.arange(len(rows)), width).tolist(),
        "token": tokens * len(rows),
        "best guess": words,
        "probability": guesses.probs.ravel().tolist(),
        "rank of the network's own guess": guesses.last.ravel().tolist(),
    }
    downloads("lens", "lens", figure, lambda: columns, f"Logit lens of {look.lm.card.title}")


def _settled(of_last: np.ndarray) -> int:
    """The depth from which on the network's own guess is the best one."""
    others = np.flatnonzero(of_last > 1)
    return int(others[-1]) + 1 if len(others) else 0


def _depth(depth: int) -> str:
    return f"layer {depth}" if depth else "the embedding"


@dataclass(frozen=True, eq=False)
class Candidates:
    """Next tokens, by how they do after each layer; of shape (candidate, depth)."""

    words: list[str]
    ranks: np.ndarray
    probs: np.ndarray
    logits: np.ndarray


def _candidates(slug: str, look: Look, place: int, tokens: list[int]) -> Candidates | None:
    def work(_: Ticket) -> Candidates:
        logits = look.inside.unembed(look.trace.stream[:, place])
        probs = logits.double().softmax(-1)
        words = look.lm.tokenizer.tokens(tokens)
        return Candidates(
            words,
            torch.stack([ranks(logits, one) for one in tokens]).numpy(),
            probs[:, tokens].T.numpy(),
            logits[:, tokens].T.numpy(),
        )

    return waiting.waited(f"{slug} candidates", (*look.key, "candidates", place, *tokens), work, "Reading every layer")


def _ranks(look: Look, found: Candidates, place: int) -> None:
    st.subheader("Rank after each layer", anchor=False)
    figure = candidate_ranks(
        {word: (found.ranks[i], found.probs[i]) for i, word in enumerate(found.words)},
    )
    said = " and ".join(f"“{word}” ends at rank {found.ranks[i, -1]:,}" for i, word in enumerate(found.words))
    st.plotly_chart(
        figure,
        key="ranks",
        config={"displayModeBar": False},
        alt=f"Ranks of next tokens after each layer, after “{look.tokens[place]}”: {said}.",
    )
    columns: Columns = {
        "after layer": list(range(found.ranks.shape[1])),
        **{f"rank of {word}": found.ranks[i].tolist() for i, word in enumerate(found.words)},
        **{f"probability of {word}": found.probs[i].tolist() for i, word in enumerate(found.words)},
    }
    downloads("ranks", "ranks", figure, lambda: columns, f"Ranks after each layer, {look.lm.card.title}")


def _lengths(look: Look, place: int) -> None:
    st.subheader("Length of the residual stream", anchor=False)
    lengths = look.trace.stream.norm(dim=-1).numpy()
    figure = stream_lengths(look.tokens, lengths, place)
    st.plotly_chart(
        figure,
        key="lengths",
        config={"displayModeBar": False},
        alt=f"The length of the stream of “{look.tokens[place]}” is {lengths[0, place]:.3g} before the first layer and "
        f"{lengths[-1, place]:.3g} after the last.",
    )
    columns: Columns = {
        "after layer": np.repeat(np.arange(len(lengths)), lengths.shape[1]).tolist(),
        "token": look.tokens * len(lengths),
        "length": lengths.ravel().tolist(),
    }
    downloads("lengths", "lengths", figure, lambda: columns, f"Residual stream of {look.lm.card.title}")


def _how_computed(look: Look, found: Candidates, place: int) -> None:
    word, layers = explain.latex_text(found.words[0]), look.inside.n_layer
    middle = layers // 2
    explain.explanation(
        "Every layer adds to the residual stream, and the stream has the same width everywhere. So the network's last "
        "two steps, its norm and its unembedding, can be taken after any layer: that is what it would say had it ended "
        "there (nostalgebraist 2020).",
        lambda: [
            r"x_{\ell} = x_{\ell - 1} + \mathrm{Attention}_\ell + \mathrm{MLP}_\ell",
            r"\mathrm{lens}_\ell(w) = u_w \cdot \mathrm{norm}(x_\ell) + b_w, \qquad"
            r" p_\ell = \mathrm{softmax}(\mathrm{lens}_\ell)",
            rf"\ell = {middle}: \quad \mathrm{{lens}}({word}) = {found.logits[0, middle]:.3f}, \quad"
            rf" p = {found.probs[0, middle]:.3g}, \quad \text{{rank }} {found.ranks[0, middle]}",
            rf"\ell = {layers}: \quad \mathrm{{lens}}({word}) = {found.logits[0, -1]:.3f}, \quad"
            rf" p = {found.probs[0, -1]:.3g}, \quad \text{{rank }} {found.ranks[0, -1]}, \qquad t = {place}",
        ],
        [Inside.unembed, ranks],
    )
