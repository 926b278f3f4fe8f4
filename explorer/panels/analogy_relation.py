"""Many pairs of one relation: are the steps between their words parallel?"""

import streamlit as st

from explorer import controls, explain
from explorer.downloads import downloads
from explorer.figures.space import relation_arrows
from explorer.numbers import minus, percent
from models.tokens.projections import pca
from models.tokens.relations import PAIRS, RELATIONS, known, parallel, read_pairs
from models.tokens.space import WordVectors

_OWN = "own"
_NAMED = 6  # words that are not in the vocabulary


def relation_panel(slug: str, space: WordVectors) -> None:
    """The pairs of a relation as arrows, and how parallel they are."""
    titles = RELATIONS | {_OWN: "Your pairs"}
    relation = controls.choice(f"{slug}_relation", "Relation", list(titles), titles.__getitem__, hidden=True)
    told = st.container()
    figure_place, beside = st.columns([2, 1], gap="large")
    with beside:
        text = PAIRS.get(relation, PAIRS["capital"])
        if relation == _OWN:
            text = controls.text(f"{slug}_pairs", "Pairs, with commas between them", text, height=150)
        with st.container(horizontal=True):
            axes = 3 if controls.toggle(f"{slug}_3d", "3-D") else 2
            together = controls.toggle(f"{slug}_together", "From one point", "All arrows begin at the same point.")
        words = st.container()

    def read(text: str) -> tuple[list[tuple[int, int]], list[str]]:
        pairs, missing = known(space, read_pairs(text))
        parallel(space, pairs)
        return pairs, missing

    with told:
        pairs, missing = controls.last_good(
            f"relation {space.key}", lambda: read(text), lambda: (_any_pairs(space), list[str]())
        )
    found = parallel(space, pairs)
    rows = [row for pair in pairs for row in pair]
    plane = pca(space.unit[rows], axes)
    named = [(space.words[one], space.words[other]) for one, other in pairs]
    figure = relation_arrows(named, plane.points[1::2], plane.points[::2], plane.shares, together=together)
    mean = minus(f"{found.mean_cosine:.2f}")
    with figure_place:
        st.plotly_chart(
            figure,
            key="relation",
            config={"displayModeBar": False},
            alt=f"{len(named)} pairs as arrows from the second word to the first; mean cosine of two arrows {mean}.",
        )
        st.text(
            f"The {len(plane.shares)} axes show {percent(float(plane.shares.sum()))} of the variance of these "
            f"{len(set(rows))} vectors."
        )
        downloads(
            "relation",
            "relation",
            figure,
            lambda: {
                "first": [one for one, _ in named],
                "second": [other for _, other in named],
                "cosine with the mean of the others": list(found.of_each),
            },
            f"{titles[relation]}\n{space.name}",
        )
    with words:
        st.metric("Mean cosine of two arrows", mean)
        st.text(
            f"1 would be parallel. Between random words it is {minus(f'{round(found.random, 2) + 0.0:.2f}')}. "
            "It is measured in all dimensions, not in the picture."
        )
        least = min(range(len(named)), key=found.of_each.__getitem__)
        most = max(range(len(named)), key=found.of_each.__getitem__)
        for which, i in (("Most", most), ("Least", least)):
            cosine = minus(f"{found.of_each[i]:.2f}")
            st.text(f"{which} like the others: {named[i][1]} → {named[i][0]}, {cosine}")
        st.caption(
            "Like the others: the cosine of one arrow with the mean of all others. What is only chance cancels out in "
            "a mean, so it is further from 0 than the cosines with them one by one are on average."
        )
        if missing:
            more = " …" if len(missing) > _NAMED else ""
            st.text(f"Not in the vocabulary: {', '.join(word[:40] for word in missing[:_NAMED])}{more}")
    explain.explanation(
        "An analogy holds if the step from $b$ to $a$ is the step from $d$ to $c$: then both arrows are parallel and "
        "their cosine is 1. The number is the mean over all pairs of arrows. On the picture arrows look more alike or "
        "less than they are.",
        lambda: [
            r"\overline{\cos} = \frac{2}{n (n - 1)} \sum_{i < j} \cos(v_{a_i} - v_{b_i},\; v_{a_j} - v_{b_j})",
            rf"n = {len(named)}: \quad \overline{{\cos}} = {found.mean_cosine:.4f}",
            r"\text{like the others: } \cos\Bigl(u_i,\; \sum_{j \neq i} u_j\Bigr), \qquad"
            r" u_i = \frac{v_{a_i} - v_{b_i}}{\lVert v_{a_i} - v_{b_i} \rVert}",
        ],
        [parallel],
    )


def _any_pairs(space: WordVectors) -> list[tuple[int, int]]:
    """The first relation of which this vocabulary has enough, else its first words."""
    for text in PAIRS.values():
        pairs, _ = known(space, read_pairs(text))
        if len(pairs) > 1:
            return pairs
    a, b, c, d = (space.ids[word] for word in space.first(4))
    return [(a, b), (c, d)]
