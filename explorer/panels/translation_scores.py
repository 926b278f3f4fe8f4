"""How good the translators are: BLEU on sentences that they had not seen, and BLEU of the sentence on screen."""

import html

import streamlit as st

from explorer import controls, explain, style, tables
from explorer.downloads import Columns, downloads
from explorer.figures.translation import bleu_bars
from explorer.panels import translation_reading
from explorer.panels.translation_reading import DEFAULT, TITLES, Both, translator
from models.errors import ModelError
from models.tasks import bleu
from models.tasks.bleu import SentenceBleu
from models.tasks.translation_words import END, french
from models.zoo.translation import NAMES

REFERENCE = "Le chat noir est sur la chaise blanche."


def scores_view(slug: str) -> None:
    """The scores of the test part, and how the one of this sentence comes about."""
    left, right = st.columns(2, gap="large")
    with left:
        text = translation_reading.source_input()
    with right:
        reference = controls.text(
            f"{slug}_reference",
            "French, by a person; a line for each translation",
            REFERENCE if text == DEFAULT else "",
            along={"prompt": DEFAULT},
        )
    both = translation_reading.both(f"{slug} scores", text)
    left, right = st.columns(2, gap="large")
    with left:
        _test_part()
    with right:
        found = _sentence(slug, both, reference)
    explain.explanation(
        "BLEU counts the runs of one to four words of a translation that a person's translation has too, takes the "
        "geometric mean of the four shares, and lowers it for what is too short. Of a corpus, the runs of all "
        "sentences are counted together; a mean over sentences is another number. BLEU sees words, not meaning: a good "
        "translation in other words scores low.",
        lambda: _formulas(found),
        [bleu.sentence_bleu],
    )


def _test_part() -> None:
    cards = {name: translator(name).card for name in NAMES}
    st.subheader("On new sentences", anchor=False)
    names, scores, ours = list[str](), list[float](), list[bool]()
    for name, card in cards.items():
        for measure, score in card.scores.items():
            kind, _, way = measure.partition(", ")
            if kind != "BLEU":
                names.append(f"{TITLES[name]}, {way}")
                scores.append(100 * score)
                ours.append(True)
    for who, score in cards[NAMES[0]].published.items():
        names.append(who)
        scores.append(100 * score)
        ours.append(False)
    figure = bleu_bars(names, scores, ours)
    said = ", ".join(f"{name} {score:.0f}" for name, score in zip(names, scores, strict=True))
    st.plotly_chart(figure, key="bleu_bars", config={"displayModeBar": False}, alt=f"Mean BLEU of a sentence: {said}.")
    rows = [
        [
            html.escape(TITLES[name]),
            *(f"{score:.1f}" for measure, score in card.scores.items() if measure.startswith("BLEU")),
        ]
        for name, card in cards.items()
    ]
    ways = [measure.partition(", ")[2] for measure in cards[NAMES[0]].scores if measure.startswith("BLEU")]
    tables.table("BLEU of the whole test part", ["BLEU of the whole", *ways], rows)
    st.caption(
        f"Measured on {cards[NAMES[0]].held_out}. Bars: the mean over pairs, each translation beside one by a person. "
        "Grey: what others report of such pairs, with their own split and their own way to count; it says that the "
        "numbers are of one size, no more. Table: the runs of all sentences counted together, from 0 to 100. Tatoeba's "
        "sentences are short and alike, so these scores are higher than those of news."
    )
    columns: Columns = {"system": names, "mean sentence BLEU": scores}
    downloads("bleu", "bleu_bars", figure, lambda: columns, "Mean sentence BLEU, English to French")


def _sentence(slug: str, both: Both, reference: str) -> dict[str, SentenceBleu]:
    """BLEU of both translations on screen beside what a person wrote."""
    st.subheader("On this sentence", anchor=False)
    references = [words for line in reference.splitlines() if (words := french(line))]
    place, found = st.empty(), dict[str, SentenceBleu]()
    with controls.explained_errors(place, f"{slug}_reference"):
        if not references:
            raise ModelError("Type how a person would say it in French, and BLEU compares the translations with that.")
        for one in both.parts:
            words = [word for word in one.written.words if word != END]
            found[one.name] = bleu.sentence_bleu(words, references)
    for one in both.parts:
        written = _marked([word for word in one.written.words if word != END], references)
        st.html(f"<b>{html.escape(TITLES[one.name])}</b>: {written}")
    rows = [
        [
            html.escape(TITLES[name]),
            *(f"{a}/{b}" for a, b in zip(score.found, score.counts, strict=True)),
            f"{100 * score.score:.0f}",
        ]
        for name, score in found.items()
    ]
    if rows:
        tables.table("BLEU of this sentence", ["Runs of", "1 word", "2", "3", "4", "BLEU"], rows)
    st.caption(
        "Marked: words that no line above has. The columns count runs of one to four words that are found there, each "
        "at most as often as it stands there. Words are cut here as the models write them (l' école); the bars are of "
        "sacrebleu's own words. Of one sentence BLEU says little; it was made for many."
    )
    return found


def _marked(words: list[str], references: list[list[str]]) -> str:
    """Words as HTML; those in no reference are marked."""
    known = {word for reference in references for word in reference}
    shade = f"background: {style.faded(style.DECIDES, 0.35)}; color: inherit"
    return " ".join(
        html.escape(word) if word in known or not known else f'<mark style="{shade}">{html.escape(word)}</mark>'
        for word in words
    )


def _formulas(found: dict[str, SentenceBleu]) -> list[str]:
    formulas = [
        r"\mathrm{BLEU} = \min\!\left(1, e^{1 - r / c}\right) \cdot"
        r" \exp\!\left(\frac{1}{N} \sum_{n=1}^{N} \ln p_n\right), \quad"
        r" N = 4 \text{, or fewer where the translation is shorter}",
        r"p_n = \frac{\text{runs of } n \text{ words that are in a reference}}{\text{all runs of } n \text{ words}},"
        r" \quad \text{the } k\text{-th } 0 \text{ counted as } 2^{-k}",
    ]
    for name, one in found.items():
        runs = [(a, b) for a, b in zip(one.found, one.counts, strict=True) if b]
        shares = ", ".join(
            rf"\tfrac{{{a}}}{{{b}}}" + ("" if a else rf" \to {p:.3f}")
            for (a, b), p in zip(runs, one.precisions, strict=True)
        )
        formulas.append(
            rf"\text{{{TITLES[name]}}}: \; p = {shares}, \quad c = {one.length}, \; r = {one.reference_length}:"
            rf" \quad \mathrm{{BLEU}} = {one.brevity:.3f} \cdot {one.score / (one.brevity or 1):.3f} = {one.score:.3f}"
        )
    return formulas
