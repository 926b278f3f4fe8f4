"""Vectors of a whole text while they are learned: words that find their places, neighbours that settle, the loss."""

import html
from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from explorer import address, chrome, controls, explain, style
from explorer.components.word_frames import word_frames
from explorer.contents import PAGES
from explorer.downloads import Columns, downloads
from explorer.figures.word2vec import training_curves, words_plane
from explorer.jobs import Job
from explorer.numbers import percent
from explorer.panels import word2vec_film, word2vec_source
from explorer.panels.word2vec_film import EVERY, Film
from explorer.panels.word2vec_source import WORLD
from explorer.tables import table
from models.errors import ModelError
from models.tokens import alignment, glove, little_world, word2vec
from models.tokens.moments import MODELS, MOST_KEPT, settling

FOLLOWED = "king, paris, puppy, monday"
_SLOT = "training"
_READ = (
    "Frequent words are left out at times (subsampling), and the learning rate falls in a straight line, here from the "
    "chosen one to 0. "
)
_LEARNED = {
    "skip-gram": "The text is read again and again. Each pair of neighbours is a step as in the first view, taken one "
    "after the other: the target vector of the neighbour, the context vector of the word between. " + _READ,
    "cbow": "The text is read again and again, and each word is a step as in the first view. " + _READ,
    "glove": "GloVe counts once how often words stand near each other, a neighbour at distance $d$ as $1/d$, and fits "
    "products of vectors to the logarithms of these counts, the frequent pairs with more weight. ",
}
_COLUMNS = 4  # moments in the table
_NEIGHBOURS = 4


def training_view(slug: str) -> None:
    """Text and model, the training, and what is to be seen of its vectors."""
    figure, beside = st.columns([2, 1], gap="large")
    with beside:
        source = word2vec_source.source_input(slug)
        model = controls.choice(f"{slug}_model", "Model", list(MODELS), MODELS.__getitem__)
        part = word2vec_source.part_input(slug)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            plan = word2vec_source.chosen_plan(slug, source or WORLD, model)
            button = st.empty()
    with figure:
        job = word2vec_film.begun(plan, _SLOT, at_once=plan.source.is_world)
        film = word2vec_film.shown(plan, job, _SLOT)
    word2vec_film.start_or_stop(button, plan, job, _SLOT)
    with beside:
        followed = word2vec_source.pinned(slug, first_words(film))
    jobs = [one for one in (job, film.job) if one is not None and not one.is_over]
    every = EVERY if jobs else None
    with figure:
        st.fragment(partial(_picture, slug, film, part, followed, address.query()), run_every=every)()
    st.fragment(partial(_numbers, film, jobs, part, followed), run_every=every)()
    film.keep(part)
    _where_to_go()
    how_computed(film)


def first_words(film: Film) -> str:
    """Words that are worth following, if the reader names none."""
    if film.plan.source.is_world:
        return FOLLOWED
    return ", ".join([word for word in film.vocabulary.words if len(word) > 3][:4])


def _picture(slug: str, begun: Film, part: str, followed: Sequence[str], before: str) -> None:
    """The words on a plane, as far as the training has come; what is picked there changes the page `before`."""
    film = begun.now
    words, epochs = film.drawn, film.plan.wanted.epochs
    planes = [moment.planes[part] for moment in film.moments]

    def pick(word: int) -> None:
        address.set_values(**{f"{slug}_pinned": ", ".join(dict.fromkeys([*followed, words[word]]))})

    facts = f"{film.plan.title}: {film.speed}."
    st.html(f'<div class="explorer-facts" role="status">{html.escape(facts)}</div>')
    word_frames(
        words,
        [plane.points for plane in planes],
        [
            f"Epoch {moment.done * epochs:.1f} of {epochs}. This plane shows {percent(plane.share)} of the variance."
            for moment, plane in zip(film.moments, planes, strict=True)
        ],
        version=repr((film.plan.key, part)),
        marked=[i for i, word in enumerate(words) if word in followed],
        live=not film.job.is_over,
        kinds=little_world.KINDS if film.plan.source.is_world else {},
        colours=style.CATEGORIES[:4],
        mark=style.DECIDES,
        key="frames",
        on_pick=pick,
    )
    figure = words_plane(words, planes[-1].points, "principal plane")
    downloads("plane", "frames", figure, lambda: _points(film, part), film.plan.title)
    which = (
        "" if film.plan.source.is_world else f"The {len(words)} most frequent of {len(film.vocabulary.words):,} words. "
    )
    st.caption(f"{which}Click a point to follow its word.")
    if address.query() != before:
        st.rerun()


def _numbers(begun: Film, live: Sequence[Job], part: str, followed: Sequence[str]) -> None:
    """Neighbours and loss; once a job is over, or can be seen, the page is drawn anew."""
    film = begun.now
    left, right = st.columns([3, 2], gap="large")
    with left:
        _settling(film, part, followed)
    with right:
        _curve(film)
    if any(job.is_over or (job is not film.job and Film.of(film.plan, job)) for job in live):
        st.rerun()


def _curve(film: Film) -> None:
    moments = film.moments
    columns = {
        "epochs": [moment.done * film.plan.wanted.epochs for moment in moments],
        "learned": [moment.loss for moment in moments],
        "held out": [moment.held_out_loss for moment in moments],
        "seconds": [moment.seconds for moment in moments],
    }
    figure = training_curves(columns["epochs"], columns["learned"], columns["held out"], film.unit)
    last = moments[-1]
    st.plotly_chart(
        figure,
        key="training_loss",
        config={"displayModeBar": False},
        alt=f"The loss by epoch, now {last.loss:.3f} on the learned and {last.held_out_loss:.3f} on held-out text.",
    )
    downloads("training_loss", "training_loss", figure, lambda: columns, f"{film.plan.title}: loss, {film.unit}")


def _settling(film: Film, part: str, followed: Sequence[str]) -> None:
    """The neighbours of the followed words from moment to moment; those that are so still are set bold."""
    chosen = np.unique(np.linspace(0, len(film.moments) - 1, _COLUMNS).round().astype(int))
    moments = [film.moments[i] for i in chosen]
    rows = list[list[str]]()
    for word in followed:
        try:
            found = settling(moments, film.vocabulary.words, part, word, _NEIGHBOURS)
        except ModelError as error:
            rows.append([html.escape(word), html.escape(str(error)), *[""] * (len(moments) - 1)])
            continue
        last = {neighbour.word for neighbour in found[-1]}
        rows.append([f"<b>{html.escape(word)}</b>", *(_cell([one.word for one in near], last) for near in found)])
    if rows:
        epochs = [f"epoch {moment.done * film.plan.wanted.epochs:.0f}" for moment in moments]
        table("Neighbours of the followed words", ("nearest to", *epochs), rows)
        more = len(film.vocabulary.words) > MOST_KEPT
        st.caption(
            "The nearest by the cosine; bold: still so in the last column."
            + (f" Among the {MOST_KEPT:,} most frequent words." if more else "")
        )


def _cell(words: Sequence[str], last: set[str]) -> str:
    return "<br>".join(f"<b>{html.escape(word)}</b>" if word in last else html.escape(word) for word in words)


def _where_to_go() -> None:
    after = [page for page in PAGES if page.slug == "analogies"]
    if after:
        st.text("Calculate with these vectors:")
        chrome.page_link(after[0])


def _points(film: Film, part: str) -> Columns:
    words = film.drawn
    points = film.moments[-1].planes[part].points
    return {"word": words, "x": points[:, 0].tolist(), "y": points[:, 1].tolist()}


def how_computed(film: Film) -> None:
    """The loss, and how a picture of many numbers is made."""
    model = film.plan.wanted.model
    is_glove = model == "glove"
    explain.explanation(
        _LEARNED[model]
        + "The picture is the plane in which the most frequent words differ most (principal components); at each "
        "moment it is turned and mirrored so that it lies as near as can be upon the one before, which changes no "
        "distance. The rest of the variance is not seen. "
        + (
            "One pair of words in a hundred, 20,000 at most, is held out and never learned."
            if is_glove
            else "Each twentieth sentence, or the last twentieth of a short text, is held out and never learned."
        ),
        lambda: _formulas(film, is_glove),
        [glove.losses if is_glove else word2vec.losses, *([] if is_glove else [word2vec.step]), alignment.aligned],
    )


def _formulas(film: Film, is_glove: bool) -> list[str]:
    text, wanted, moment = film.vocabulary, film.plan.wanted, film.moments[-1]
    first = explain.latex_text(text.words[0])
    turn = r"R = U V^\top \quad\text{where}\quad X_s^\top X_{s-1} = U S V^\top"
    size = rf"\lvert V \rvert = {len(text.words)}, \qquad T = {text.length}"
    if is_glove:
        return [
            r"J = \sum_{ij} f(X_{ij}) \bigl(\langle w_i, \tilde w_j \rangle + b_i + \tilde b_j - \log X_{ij}\bigr)^2,"
            r" \qquad f(x) = \min\bigl(1, (x / x_{\max})^{\alpha}\bigr)",
            size,
            turn,
        ]
    drawn = word2vec.negative_probability(text.counts, 0.75)
    return [
        r"L = -\log \sigma(\langle t_w, c_p \rangle) - \sum_n \log\bigl(1 - \sigma(\langle t_w, c_n \rangle)\bigr)",
        size,
        rf"P_n({first}) = \frac{{\#({first})^{{0.75}}}}{{\sum_w \#(w)^{{0.75}}}} = {drawn[0]:.4f}",
        rf"\eta = {wanted.learning_rate:g}\,(1 - {moment.done:.3f}) = {wanted.learning_rate * (1 - moment.done):.4f}",
        turn,
    ]
