"""word2vec and GloVe on the same text, side by side: neighbours, analogies, losses, seconds."""

import html
from collections.abc import Sequence
from functools import partial

import streamlit as st

from explorer import controls, explain
from explorer.downloads import downloads
from explorer.figures.word2vec import training_curves
from explorer.jobs import Job
from explorer.numbers import minus
from explorer.panels import word2vec_film, word2vec_source
from explorer.panels.word2vec_film import EVERY, Film
from explorer.panels.word2vec_source import WORLD
from explorer.panels.word2vec_training import first_words
from explorer.tables import table
from models.errors import ModelError
from models.tokens import glove, word2vec
from models.tokens.moments import MODELS
from models.tokens.running_words import words_of
from models.tokens.space import Neighbour, WordVectors, analogy, neighbours

_SIDES = ("skip-gram", "glove")
_QUESTIONS = "king man woman\nparis france italy\npuppy dog cat\nmonday tuesday thursday"
_MOST_QUESTIONS = 8
_NEIGHBOURS = 5
_ANSWERS = 3


def compare_view(slug: str) -> None:
    """The same text learned by both, each with the settings that suit it."""
    left, right = st.columns(2, gap="large")
    with left:
        source = word2vec_source.source_input(slug) or WORLD
    with right:
        part = word2vec_source.part_input(slug)
    plans = [word2vec_source.plan(source, model) for model in _SIDES]
    films = list[Film]()
    for column, plan in zip(st.columns(2, gap="large"), plans, strict=True):
        slot = _slot(plan.wanted.model)
        with column:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.subheader(MODELS[plan.wanted.model], anchor=False, width="content")
                button = st.empty()
            job = word2vec_film.begun(plan, slot, at_once=source.is_world)
            film = word2vec_film.shown(plan, job, slot)
            word2vec_film.start_or_stop(button, plan, job, slot)
            films.append(film)
            live = [one for one in (job, film.job) if one is not None and not one.is_over]
            st.fragment(partial(_side, film, live), run_every=EVERY if live else None)()
    for film in films:
        film.keep(part)
    _tables(slug, films, part)
    how_computed(films)


def how_computed(films: Sequence[Film]) -> None:
    """What differs between the two."""
    explain.explanation(
        "word2vec reads the text word by word and tells true neighbours from drawn words. GloVe counts all neighbours "
        "first, and fits the products of vectors to the logarithms of the counts. The two losses are different "
        "functions, in different units: their heights cannot be compared, only how each one falls.",
        lambda: [
            r"L = -\log \sigma(\langle t_w, c_p \rangle)"
            r" - \sum_n \log\bigl(1 - \sigma(\langle t_w, c_n \rangle)\bigr)",
            r"J = \sum_{ij} f(X_{ij})"
            r" \bigl(\langle w_i, \tilde w_j \rangle + b_i + \tilde b_j - \log X_{ij}\bigr)^2",
            *(
                rf"\text{{{MODELS[film.plan.wanted.model]}}}: {film.moments[-1].loss:.4f}"
                rf" \text{{ on what was learned}}, {film.moments[-1].held_out_loss:.4f} \text{{ held out}}"
                for film in films
            ),
        ],
        [word2vec.losses, glove.losses, analogy],
    )


def _slot(model: str) -> str:
    return f"compare {model}"


def _side(begun: Film, live: Sequence[Job]) -> None:
    """One model's loss; drawn anew with the page once its training is over, or can be seen."""
    film = begun.now
    st.html(f'<div class="explorer-facts" role="status">{html.escape(film.speed)}.</div>')
    moments, model = film.moments, film.plan.wanted.model
    epochs = [moment.done * film.plan.wanted.epochs for moment in moments]
    learned, held_out = [moment.loss for moment in moments], [moment.held_out_loss for moment in moments]
    figure, name = training_curves(epochs, learned, held_out, film.unit), f"loss_{model.replace('-', '_')}"
    st.plotly_chart(
        figure,
        key=name,
        config={"displayModeBar": False},
        alt=f"The loss of {MODELS[model]} by epoch, now {learned[-1]:.3f} on the learned and {held_out[-1]:.3f} on "
        "held-out text.",
    )
    downloads(
        name,
        name,
        figure,
        lambda: {"epochs": epochs, "learned": learned, "held out": held_out},
        f"{film.plan.title}: loss, {film.unit}",
    )
    if any(job.is_over or (job is not film.job and Film.of(film.plan, job)) for job in live):
        st.rerun()


def _tables(slug: str, films: Sequence[Film], part: str) -> None:
    """Neighbours and analogies in both spaces."""
    names = [MODELS[film.plan.wanted.model] for film in films]
    spaces = [
        film.job.result.space(part) if film.job.result else film.moments[-1].space(film.vocabulary.words, part)
        for film in films
    ]
    left, right = st.columns(2, gap="large")
    with left:
        followed = word2vec_source.pinned(slug, first_words(films[0]))
        near = [[_found(space, [word], near=True) for space in spaces] for word in followed]
        rows = [[f"<b>{html.escape(word)}</b>", *map(_cell, cells)] for word, cells in zip(followed, near, strict=True)]
        table("Neighbours", ("nearest to", *names), rows)
    with right:
        first = _QUESTIONS if films[0].plan.source.is_world else ""
        text = controls.text(
            f"{slug}_questions", "Analogies, three words a line: a b c for a : b = ? : c", first, height=120
        )
        questions = [words for line in text.splitlines() if (words := words_of(line))][:_MOST_QUESTIONS]
        answers = [[_found(space, words) for space in spaces] for words in questions]
        rows = [
            [html.escape(_question(words)), *map(_cell, cells)] for words, cells in zip(questions, answers, strict=True)
        ]
        if rows:
            table("Analogies", ("", *names), rows)
    asked = [*followed, *map(_question, questions)]
    found = [*near, *answers]
    downloads(
        "both",
        None,
        None,
        lambda: {
            "asked": asked,
            **{name: [", ".join(_words(cells[i])) for cells in found] for i, name in enumerate(names)},
        },
        "word2vec and GloVe on the same text",
    )


def _question(words: Sequence[str]) -> str:
    a, b, c = [*words, "", "", ""][:3]
    return f"{a} : {b} = ? : {c}"


def _found(space: WordVectors, words: Sequence[str], *, near: bool = False) -> list[Neighbour] | str:
    """The answers of an analogy, or what is near one word; or a word why there are none."""
    try:
        if near:
            return neighbours(space, words[0], _NEIGHBOURS)
        if len(words) != 3:
            return "Three words are needed."
        a, b, c = words
        return analogy(space, a, b, c, _ANSWERS)
    except ModelError as error:
        return str(error)


def _words(found: list[Neighbour] | str) -> list[str]:
    return [found] if isinstance(found, str) else [one.word for one in found]


def _cell(found: list[Neighbour] | str) -> str:
    if isinstance(found, str):
        return html.escape(found)
    return "<br>".join(
        f'{html.escape(one.word)} <span class="explorer-facts">{minus(format(one.score, ".2f"))}</span>'
        for one in found
    )
