"""The thought vector: a bottleneck for long sentences, and a place that sentences have."""

import html
from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer import controls, explain, tables, waiting
from explorer.downloads import Columns, downloads
from explorer.figures.translation import bleu_by_length, thought_plane
from explorer.inference import Ticket
from explorer.numbers import minus, percent
from explorer.panels import translation_reading
from explorer.panels.translation_reading import TITLES, translator
from models.errors import ModelError
from models.tasks import translation_thoughts
from models.tasks.translation import Translator
from models.tokens.projections import Pca, pca
from models.zoo.translation import NAMES, lengths

VECTOR = "encoder-decoder"
# Four ways to say each of six things; each two of these have the same words in other roles.
MEANINGS = (
    ("Tom helped Mary.", "Mary was helped by Tom.", "It was Tom who helped Mary.", "Tom gave Mary some help."),
    ("Mary helped Tom.", "Tom was helped by Mary.", "It was Mary who helped Tom.", "Mary gave Tom some help."),
    ("I gave her a book.", "I gave a book to her.", "She was given a book by me.", "She got a book from me."),
    ("She gave me a book.", "She gave a book to me.", "I was given a book by her.", "I got a book from her."),
    (
        "I eat before I go to work.",
        "Before I go to work, I eat.",
        "I go to work after I eat.",
        "After I eat, I go to work.",
    ),
    (
        "I go to work before I eat.",
        "Before I eat, I go to work.",
        "I eat after I go to work.",
        "After I go to work, I eat.",
    ),
)
SENTENCES = tuple(sentence for some in MEANINGS for sentence in some)
GROUPS = tuple(group for group, some in enumerate(MEANINGS) for _ in some)


@dataclass(frozen=True, eq=False)
class Thoughts:
    """The vectors of SENTENCES, and the plane in which they differ most."""

    vectors: np.ndarray  # shape (sentence, n_encoder)
    plane: Pca
    mean_distance: float  # of two of them

    @property
    def nbytes(self) -> int:
        """Of the vectors."""
        return int(self.vectors.nbytes)


def bottleneck_view(slug: str) -> None:
    """BLEU against length, and sentences on the plane of their thought vectors."""
    text = translation_reading.source_input()
    left, right = st.columns(2, gap="large")
    with left:
        _lengths()
    with right:
        found = shown_thoughts(slug)
        if found is None:
            return
        _plane(slug, text, found)
    explain.explanation(
        "Left: both models translated sentences that they had not learned from; these are sorted by length, and BLEU "
        "is counted for each length. Right: the encoder reads each sentence to its end; its last state is the thought "
        "vector. The plane is that of the two principal components of the numbered sentences; the typed one is put on "
        "it afterwards.",
        lambda: _formulas(text, found),
        [Translator.read, translation_thoughts.thoughts, pca],
    )


def shown_thoughts(slug: str) -> Thoughts | None:
    """Of SENTENCES, computed once for all sessions."""

    def work(_ticket: Ticket) -> Thoughts:
        vectors = translation_thoughts.thoughts(translator(VECTOR), SENTENCES)
        return Thoughts(vectors, pca(vectors), translation_thoughts.mean_distance(vectors))

    return waiting.waited(f"{slug} thoughts", (VECTOR, SENTENCES), work, "Reading sentences")


def _lengths() -> None:
    st.subheader("The longer, the harder", anchor=False)
    rows = lengths()
    names = [length for length, _, _ in rows[NAMES[0]]]
    counts = [count for _, count, _ in rows[NAMES[0]]]
    scores = {TITLES[name]: [score for _, _, score in rows[name]] for name in NAMES}
    figure = bleu_by_length(names, counts, scores)
    first, last = (
        f"{names[i]} words: " + ", ".join(f"{title} {values[i]:.0f}" for title, values in scores.items())
        for i in (0, -1)
    )
    st.plotly_chart(
        figure, key="bleu_by_length", config={"displayModeBar": False}, alt=f"BLEU by length. {first}; {last}."
    )
    gap = {i: scores[TITLES["attention"]][i] - scores[TITLES[VECTOR]][i] for i in (0, -1)}
    st.caption(
        f"Attention minus thought vector: {minus(f'{gap[0]:+.1f}')} BLEU on sources of {names[0]} words and signs, "
        f"{minus(f'{gap[-1]:+.1f}')} on those of {names[-1]}. Few test sentences are as short or "
        "as long as that, so the first and the last points are the least certain. Short sentences also have more "
        "translations by people to agree with, and long ones fewer: compare the two lines, not their slope. "
        f"Searched with a {_search()}; {translator(VECTOR).card.held_out}. Measured by "
        "`python -m models.zoo.translation`."
    )
    columns: Columns = {
        "source length": names,
        "sentences": counts,
        **{f"BLEU, {name}": scores[name] for name in scores},
    }
    downloads("bleu_by_length", "bleu_by_length", figure, lambda: columns, "BLEU by source length, English to French")


def _search() -> str:
    """How what was measured by length was searched for, as the card says it."""
    return list(translator(VECTOR).card.scores)[1].rpartition(", ")[2]


def _plane(slug: str, text: str, found: Thoughts) -> None:
    st.subheader("Meaning, or words?", anchor=False)
    typed = controls.last_good(f"{slug} thought", lambda: _typed(text), lambda: _typed(translation_reading.DEFAULT))
    sentence, vector = typed
    points = np.vstack([found.plane.points, found.plane.place(vector[None])])
    shares = found.plane.shares[:2]
    near = translation_thoughts.neighbours(found.vectors)
    alike = sum(GROUPS[one.place] == group for one, group in zip(near, GROUPS, strict=True))
    sentences = [*(f"{i}  {one}" for i, one in enumerate(SENTENCES, 1)), sentence]
    figure = thought_plane(sentences, [*GROUPS, -1], points, shares, typed=len(SENTENCES))
    shown = percent(float(shares.sum()))
    st.plotly_chart(
        figure,
        key="thought_plane",
        config={"displayModeBar": False},
        alt=f"{len(SENTENCES)} sentences of {len(MEANINGS)} meanings and the typed one on a plane that shows {shown} "
        f"of the variance. For {alike} the nearest sentence means the same.",
    )
    apart = [translation_thoughts.distance(vector, one).euclidean for one in found.vectors]
    nearest = int(np.argmin(apart))
    st.caption(
        f"Colour and symbol: what means the same. For {alike} of {len(SENTENCES)} sentences the nearest other one, by "
        f"all {len(vector)} numbers, means the same; for the others it means something else. The plane shows {shown} "
        "of the variance of the numbered sentences; distances across it are not seen. The star is the typed sentence; "
        f"nearest to it is {nearest + 1}, “{SENTENCES[nearest]}”."
    )
    columns: Columns = {
        "sentence": [*SENTENCES, sentence],
        "meaning": [*(group + 1 for group in GROUPS), "typed"],
        "x": points[:, 0].tolist(),
        "y": points[:, 1].tolist(),
    }
    about = f"Thought vectors on their principal plane\nTyped: {sentence}"
    downloads("thought_plane", "thought_plane", figure, lambda: columns, about)
    box = st.expander("The sentences and their nearest", key="thought_list", on_change="rerun")
    if box.open:
        with box:
            rows = [
                [
                    str(i + 1),
                    html.escape(SENTENCES[i]),
                    f"{one.place + 1}  {html.escape(SENTENCES[one.place])}",
                    "yes" if GROUPS[one.place] == GROUPS[i] else "no",
                ]
                for i, one in enumerate(near)
            ]
            tables.table("Sentences and their nearest", ["", "Sentence", "Nearest", "Means the same"], rows)


def _typed(text: str) -> tuple[str, np.ndarray]:
    """What was typed, as far as it is shown, and its vector."""
    model = translator(VECTOR)
    if not text.strip():
        raise ModelError("There is nothing to place on the plane: type an English sentence.")
    read = model.read(text)
    shown = " ".join(map(translation_reading.short, read.words))
    return shown, read.thought.cpu().numpy()


def _formulas(text: str, found: Thoughts) -> list[str]:
    config = translator(VECTOR).network.config
    read = translator(VECTOR).read(text if text.strip() else translation_reading.DEFAULT)
    first = ", ".join(f"{value:.2f}" for value in read.thought[:4].tolist())
    shares = found.plane.shares
    return [
        r"h_j = \mathrm{GRU}(x_j, h_{j-1}), \qquad c = h_{|x|}",
        r"s_0 = \tanh(V c), \qquad s_i = \mathrm{GRU}([y_{i-1}; c], s_{i-1})",
        rf"c = h_{{{len(read.pieces)}}} = ({first}, \dots) \in \mathbb{{R}}^{{{config.n_encoder}}}",
        r"c \approx \bar c + a\, u_1 + b\, u_2, \qquad \text{share of the variance: }"
        rf" {float(shares[0]):.3f} + {float(shares[1]):.3f} = {float(shares[:2].sum()):.3f}",
    ]
