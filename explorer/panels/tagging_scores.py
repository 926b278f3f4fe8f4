"""How good the taggers are, on sentences like those they learned from, and on others."""

import html
from collections.abc import Mapping

import streamlit as st

from explorer import controls, explain
from explorer.downloads import Columns, downloads
from explorer.figures.tagging_scores import Score, f1_bars
from explorer.numbers import percent
from explorer.tables import table
from models.tasks.card import TaskCard, read_task_cards
from models.tasks.tagging import TYPES
from models.tasks.tagging_data import DOMAINS, f1, spans
from models.zoo.tagging import CARDS, NAMES


def scores_view(slug: str) -> None:
    """F1 by tagger and test set, with that of others; then by kind of name."""
    cards = read_task_cards(CARDS)
    groups = [(domain.title, [_score(cards[name], domain.title) for name in NAMES]) for domain in DOMAINS.values()]
    published = _published(cards[NAMES[-1]])
    figure = f1_bars([*groups, ("WNUT-17, published, six kinds", published)])
    best = max(groups[0][1], key=lambda one: one.f1)
    far = [next(one.f1 for one in scores if one.name == best.name) for _, scores in groups]
    st.text(
        f"F1 of {best.name}: {percent(far[0])} on sentences like those it learned from, "
        + ", ".join(f"{percent(value)} on {title.partition(',')[0]}" for value, (title, _) in zip(far[1:], groups[1:]))
        + "."
    )
    st.plotly_chart(
        figure,
        key="scores",
        config={"displayModeBar": False},
        alt="F1 of names. "
        + "; ".join(f"{title}: " + ", ".join(f"{s.name} {percent(s.f1)}" for s in scores) for title, scores in groups),
    )
    _words(cards)
    downloads("scores", "scores", figure, lambda: _columns(cards), "F1 of names, by seqeval")
    _by_kind(slug, cards)
    _how_computed(cards)


def _score(card: TaskCard, domain: str) -> Score:
    scores = card.scores
    return Score(card.title, scores[domain], scores[f"{domain}, precision"], scores[f"{domain}, recall"])


def _published(card: TaskCard) -> list[Score]:
    return [Score(name.partition(",")[0], value, None, None) for name, value in card.published.items()]


def _words(cards: Mapping[str, TaskCard]) -> None:
    card, home = cards[NAMES[-1]], DOMAINS["gmb"].title
    counted, one_way = cards["hmm"], cards["lstm"]
    beaten = (
        f"On GMB the {counted.title} beats the {one_way.title}, although it only counts: its best path depends on the "
        "words to the right too, which the other never sees.  \n"
        if counted.scores[home] > one_way.scores[home]
        else ""
    )
    st.caption(
        f"Measured: {card.held_out}.  \n{beaten}"
        "The grey bars are the systems of the WNUT-17 shared task (Derczynski et al. 2017). They were trained on that "
        "data and asked for all six of its kinds: they stand there to show how hard these posts are, not to be "
        "compared number by number. For GMB no standard division exists, so there is nothing published to compare "
        "with. Its tags were made by machine and corrected by hand in part: some of what counts as wrong is right."
    )


def _by_kind(slug: str, cards: Mapping[str, TaskCard]) -> None:
    st.subheader("By kind of name", anchor=False)
    of = controls.choice(
        f"{slug}_domain", "Test set", list(DOMAINS), lambda name: DOMAINS[name].title.partition(",")[0], hidden=True
    )
    domain = DOMAINS[of]
    kinds = list(domain.kinds.values()) or list(TYPES)
    rows = [
        [
            html.escape(TYPES.get(kind, kind)),
            *(percent(cards[name].scores[f"{domain.title}: {kind}"]) for name in NAMES),
        ]
        for kind in kinds
    ]
    table(f"F1 by kind, {domain.title}", ["F1", *(cards[name].title for name in NAMES)], rows, wraps=False)
    drops = [f"{cards[name].title} {percent(_lost(cards[name]))}" for name in NAMES]
    st.caption(
        "What falls apart elsewhere: news has its own names, its own capitals, and few of them are new. In posts and "
        "web text more is in lower case, or all in capitals, and most names were never seen. So much of the F1 on "
        f"GMB's three kinds is lost on WNUT-17: {', '.join(drops)}."
    )


def _lost(card: TaskCard) -> float:
    home, away = (card.scores[DOMAINS[name].title] for name in ("gmb3", "wnut17"))
    return 1 - away / home


def _columns(cards: Mapping[str, TaskCard]) -> Columns:
    rows = [(cards[name].title, of, value) for name in NAMES for of, value in cards[name].scores.items()]
    rows += [(who, "F1", value) for who, value in cards[NAMES[-1]].published.items()]
    return {
        "tagger": [who for who, _, _ in rows],
        "measured": [of for _, of, _ in rows],
        "value": [value for *_, value in rows],
    }


def _how_computed(cards: Mapping[str, TaskCard]) -> None:
    card = cards[NAMES[-1]]
    home = DOMAINS["gmb"].title
    scores = card.scores
    explain.explanation(
        "A name counts as right only if it begins and ends where it should and is of the right kind. Precision is the "
        "share of the names found that are right, recall the share of the names there that were found, F1 lies "
        "between them. A tagger that says O of every word is right about most words of any of these test sets, and "
        "has an F1 of 0.",
        lambda: [
            r"P = \frac{\text{right}}{\text{found}}, \qquad R = \frac{\text{right}}{\text{there}}, \qquad"
            r" F_1 = \frac{2 P R}{P + R} = \frac{2 \cdot \text{right}}{\text{found} + \text{there}}",
            r"\text{B-per I-per O} \;\to\; \text{one name of two words}, \qquad"
            r" \text{O I-per O} \;\to\; \text{one name too (default mode)}",
            rf"\text{{{card.title}}}: \quad F_1 = \frac{{2 \cdot {scores[home + ', precision']:.4f} \cdot"
            rf" {scores[home + ', recall']:.4f}}}{{{scores[home + ', precision']:.4f} +"
            rf" {scores[home + ', recall']:.4f}}} = {scores[home]:.4f}",
        ],
        [spans, f1],
    )
