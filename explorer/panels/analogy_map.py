"""All words on one picture: what is near what, and how far the picture can be trusted."""

import html
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import address, controls, explain, style, waiting
from explorer.components.word_fields import WordField, word_fields
from explorer.components.word_map import Legend, word_map
from explorer.downloads import Columns, downloads
from explorer.figures.space import word_cloud
from explorer.inference import Ticket
from explorer.numbers import minus, percent
from models.errors import ModelError
from models.tokens import projections
from models.tokens.projections import LAYOUTS
from models.tokens.space import Neighbour, WordVectors, look_up, neighbours

MOST_POINTS = 30_000
_METHODS = {"pca": "PCA", **LAYOUTS, "axes": "Axes of yours"}
_COLOURS = {"clusters": "Clusters", "frequency": "Rank"}
_AXES = "he she good bad"
_WORD = "king"
_NEAR = 10  # neighbours that are listed and marked
_ALONE = 40  # neighbours beside which an isolated word stands
_IN_FILE = 3_000  # words in the HTML file
_CLUSTERS = 6
_ASKED = 300  # words that are asked for their neighbours, at most


@dataclass(frozen=True, eq=False)
class Picture:
    """Words on a plane."""

    rows: np.ndarray  # of the vectors, shape (word,)
    points: np.ndarray  # shape (word, 2)
    kept: float  # share of the neighbours in the space that are neighbours on the plane
    said: str  # what else there is to say of the picture

    @property
    def nbytes(self) -> int:
        """What it takes."""
        return int(self.rows.nbytes + self.points.nbytes)


def map_panel(slug: str, space: WordVectors) -> None:
    """The map, the chosen word's neighbours, and how many of them are neighbours on the map."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = controls.choice(f"{slug}_map", "Projection", list(_METHODS), _METHODS.__getitem__, hidden=True)
        colour = controls.choice(f"{slug}_colour", "Colour", list(_COLOURS), _COLOURS.__getitem__, hidden=True)
    address.texts().update((f"{slug}_word", f"{slug}_axes"))
    asked = address.value(f"{slug}_word", _WORD)
    told = st.container()
    figure_place, beside = st.columns([2, 1], gap="large")
    with told:
        word, near = controls.last_good(
            f"word {space.key}", partial(_near, space, asked), partial(_near, space, space.first(1)[0])
        )
    with beside:
        _search(slug, space, asked)
        alone = controls.toggle(f"{slug}_alone", "Only this word and its neighbours")
        count = min(MOST_POINTS, len(space.words))
        if method in LAYOUTS and not alone:
            count = controls.count(f"{slug}_laid", f"{_order(space)} words", 1_000, 500, 10_000, step=500)
        axes = address.value(f"{slug}_axes", _AXES)
        if method == "axes":
            _axes_input(slug, space, axes)
        _table(word, near)
    with told:
        place = st.empty()
        picture = controls.last_good(
            f"map {space.key}",
            lambda: _made(space, method, count, word if alone else None, axes, place),
            lambda: _made(space, "pca", min(count, 2_000), None, axes, place),
            _offer,
        )
    with figure_place:
        _draw(slug, space, picture, word, near, colour, axes if method == "axes" else "", place)
    _how_computed(picture)


def _order(space: WordVectors) -> str:
    """What the first words of the vocabulary are, as far as is known."""
    return "First" if space.counts is None else "Most frequent"


def _near(space: WordVectors, asked: str) -> tuple[str, list[Neighbour]]:
    word = space.words[look_up(space, asked)]
    return word, neighbours(space, word, _ALONE)


@st.fragment
def _search(slug: str, space: WordVectors, shown: str) -> None:
    """The box in which a word is looked for; a fragment, since it suggests words at every key."""
    if address.value(f"{slug}_word", _WORD) != shown:
        st.rerun()
    fields: list[WordField] = [{"label": "Find a word", "word": shown, "before": "Find"}]
    word_fields(
        fields,
        label="Search",
        key="map_word",
        suggest=partial(space.beginning_with, most=8),
        on_words=lambda words: address.set_values(**{f"{slug}_word": words[0]}),
    )


@st.fragment
def _axes_input(slug: str, space: WordVectors, shown: str) -> None:
    """The words between which the axes run."""
    if address.value(f"{slug}_axes", _AXES) != shown:
        st.rerun()
    words = (shown.split() + [""] * 4)[:4]
    signs = ("→", "←", "↑", "↓")
    names = ("Word at the right", "Word at the left", "Word on top", "Word at the bottom")
    fields: list[WordField] = [
        {"label": name, "word": word, "before": sign} for name, word, sign in zip(names, words, signs, strict=True)
    ]
    word_fields(
        fields,
        label="Axes",
        key="map_axes",
        suggest=partial(space.beginning_with, most=8),
        on_words=lambda words: address.set_values(**{f"{slug}_axes": " ".join(words)}),
    )


def _made(space: WordVectors, method: str, count: int, word: str | None, axes: str, place: DeltaGenerator) -> Picture:
    """The words of a picture and where they stand on it; for one word alone, it and its neighbours."""
    if word is not None:
        rows = np.array([space.ids[word], *(space.ids[other] for other, _ in neighbours(space, word, _ALONE))])
        method = "pca" if method in LAYOUTS else method
    else:
        rows = np.arange(min(count, len(space.words)))
    named = axes if method == "axes" else ""

    def work(ticket: Ticket) -> Picture:
        unit = space.unit[rows]
        said = ""
        if method == "axes":
            points, said = _on_axes(space, unit, named)
        elif method == "pca":
            plane = projections.pca(unit)
            points = plane.points
            said = f"The plane shows {percent(float(plane.shares.sum()))} of the variance."
        else:
            points = projections.laid_out(unit, method, ticket.progress)
            said = "Distances between far groups mean nothing here."
        return Picture(rows, points, projections.kept_neighbours(unit, points, _NEAR, _ASKED), said)

    key = (space.key, method, len(rows), word, named)
    found: Picture = waiting.computed("analogies map", key, work, _METHODS[method], place)
    return found


def _on_axes(space: WordVectors, unit: np.ndarray, axes: str) -> tuple[np.ndarray, str]:
    words = axes.split()
    if len(words) != 4:
        raise ModelError("Each axis needs two words: fill in all four boxes.")
    pairs = np.array([look_up(space, word) for word in words]).reshape(2, 2)
    directions = space.unit[pairs.ravel()]
    points, between = projections.on_axes(np.vstack([unit, directions]), np.arange(4).reshape(2, 2) + len(unit))
    return points[
        : len(unit)
    ], f"The two axes have the cosine {minus(f'{between[0, 1]:.2f}')}; 0 would be a right angle."


def _draw(
    slug: str,
    space: WordVectors,
    picture: Picture,
    word: str,
    near: list[Neighbour],
    colour: str,
    axes: str,
    place: DeltaGenerator,
) -> None:
    """The map itself, what it hides, and its files."""
    words = [space.words[row] for row in picture.rows]
    places = {row: i for i, row in enumerate(picture.rows.tolist())}
    chosen = places.get(space.ids[word])
    marked = [places[space.ids[other]] for other, _ in near[:_NEAR] if space.ids[other] in places]
    shades, legend = _frequency(space, picture) if colour == "frequency" else _clustered(space, picture, place)
    names = axes.split() if len(axes.split()) == 4 else []
    word_map(
        words,
        picture.points,
        shades,
        legend,
        chosen=chosen,
        near=marked,
        ends=[names[1], names[0], names[3], names[2]] if names else [],
        mark=style.DECIDES,
        said=f"{word} and its neighbours are marked." if chosen is not None else "",
        alt=f"{len(words):,} words as points.",
        key="word_map",
        on_choice=lambda i: address.set_values(**{f"{slug}_word": words[i]}),
    )
    missing = "" if chosen is not None else f" “{word}” is not among them."
    st.text(
        f"{len(words):,} words.{missing} {picture.said} Of a word's {_NEAR} nearest among these in "
        f"{space.vectors.shape[1]} dimensions, {percent(picture.kept)} are among its {_NEAR} nearest on the picture"
        f"{f', on average over {_ASKED} of them' if len(words) > _ASKED else ''}."
    )
    downloads(
        "map",
        "word_map",
        word_cloud(words[:_IN_FILE], picture.points[:_IN_FILE]),
        lambda: _columns(space, picture, words),
        f"Words as points\n{space.name}; the first {min(len(words), _IN_FILE):,} of {len(words):,}",
        rows=200,
    )


def _frequency(space: WordVectors, picture: Picture) -> tuple[np.ndarray, list[Legend]]:
    """Shades by rank: each stands for ten times as many words as the one before."""
    ranks = picture.rows + 1
    shades = np.clip(np.floor(np.log10(ranks)), 1, 4).astype(np.uint8) - 1
    names = (f"{_order(space).lower()} 100", "to rank 1,000", "to rank 10,000", "after that")
    colours = (style.CATEGORIES[1], style.CATEGORIES[4], style.PROBABILITY, style.REMOVED)
    last = int(shades.max()) + 1
    return shades, [{"colour": colour, "words": name} for colour, name in zip(colours[:last], names)]


def _clustered(space: WordVectors, picture: Picture, place: DeltaGenerator) -> tuple[np.ndarray, list[Legend]]:
    """Shades by the clusters of k-means on the vectors, each named by the words at its middle."""

    def work(_: Ticket) -> tuple[np.ndarray, list[Legend]]:
        unit = space.unit[picture.rows]
        shades = projections.clusters(unit, _CLUSTERS)
        legend: list[Legend] = []
        for i in range(int(shades.max()) + 1):
            inside = np.flatnonzero(shades == i)
            middle = unit[inside].mean(axis=0)
            common = inside[: max(3, len(inside) // 4)]  # a name should be a word one knows
            first = common[np.argsort(-(unit[common] @ middle), kind="stable")[:3]]
            names = ", ".join(space.words[picture.rows[place]] for place in first)
            legend.append({"colour": style.CATEGORIES[i], "words": f"{names} …"})
        return shades, legend

    key = (space.key, "clusters", hash(picture.rows.tobytes()))
    found: tuple[np.ndarray, list[Legend]] = waiting.computed("analogies clusters", key, work, "Clusters", place)
    return found


def _table(word: str, near: list[Neighbour]) -> None:
    """The true neighbours of the chosen word."""
    rows = "".join(
        f"<tr><td><bdi>{html.escape(other)}</bdi></td><td>{minus(f'{score:.3f}')}</td></tr>"
        for other, score in near[:_NEAR]
    )
    st.html(
        f'<table class="explorer-table"><thead><tr><th>nearest to <bdi>{html.escape(word)}</bdi></th>'
        f"<th>cosine</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _columns(space: WordVectors, picture: Picture, words: list[str]) -> Columns:
    counts = [] if space.counts is None else space.counts[picture.rows].tolist()
    return {
        "word": words,
        "rank": (picture.rows + 1).tolist(),
        "x": picture.points[:, 0].tolist(),
        "y": picture.points[:, 1].tolist(),
        **({"count": counts} if counts else {}),
    }


def _how_computed(picture: Picture) -> None:
    explain.explanation(
        "PCA turns the space so that the first axes show as much of the variance as any two can. t-SNE and UMAP place "
        "the points so that near words stay near; they bend the space for that. An axis of yours shows each word's "
        "cosine with the difference of two words. Whatever the way, two dimensions can't hold the neighbours of "
        "hundreds: the share of those kept says how many are.",
        lambda: [
            r"\text{kept} = \frac{1}{n} \sum_{i} \frac{\lvert N_{10}(i) \cap N'_{10}(i) \rvert}{10}",
            rf"\text{{kept}} = {picture.kept:.4f}",
        ],
        [projections.pca, projections.on_axes, projections.kept_neighbours],
    )


def _offer(error: ModelError) -> tuple[str, "partial[None]"] | None:
    return ("Start again", partial(waiting.go_on, "analogies map")) if isinstance(error, waiting.Stopped) else None
