"""How texts that a model writes lose their variety: loops of greedy decoding, and what temperature and top-p change."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import streamlit as st

from explorer import controls, explain, loading, waiting
from explorer.contents import FIRST_PROMPT
from explorer.downloads import Columns, downloads
from explorer.figures.training import Line, by_setting
from explorer.inference import Ticket
from explorer.numbers import percent
from explorer.panels import prompt
from explorer.tables import table
from models import registry
from models.interfaces import LanguageModel, Tokenizer
from models.mixers.writing import written
from models.prediction import Decoding
from models.prediction.generating import Loop, loop
from models.prediction.variety import distinct_pairs, repetition
from models.tokens.words import WordTokenizer

_TITLES = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN", "ffn-8": "FFN", "5-gram": "5-gram"}
_SAMPLES = 8
_LENGTH = 40  # tokens
_WINDOW = 20  # tokens before each in which repetition is looked for
TEMPERATURES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
TOP_PS = (0.1, 0.3, 0.6, 0.9, 1.0)
_MEASURES = {"pairs": "Distinct pairs", "repeated": "Repeated tokens"}
Texts = Sequence[Sequence[int]]


@dataclass(frozen=True, eq=False)
class Written:
    """What a model wrote."""

    texts: list[Texts]  # some for each decoding
    tokens: list[str]  # of the first text, visible forms
    words: bool  # whether tokens are words, with spaces between them

    @property
    def loop(self) -> Loop | None:
        """That the first text ends in."""
        return loop(self.texts[0][0])


def collapse_view(slug: str) -> None:
    """The prompt, what each model writes greedily, and how varied its samples are."""
    text = controls.text("prompt", "Text", FIRST_PROMPT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        measure = controls.choice(f"{slug}_measure", "Measured", list(_MEASURES), _MEASURES.__getitem__)
        ends = controls.toggle(
            f"{slug}_ends",
            "Texts may end",
            "Off: the end token is never drawn, so that all texts are equally long and their numbers compare well.",
        )
        with_default = controls.toggle(f"{slug}_other", f"{_default_title()} too", "This takes a minute or so.")
    reading = prompt.read_prompt("lstm", text)
    if reading is None:
        return
    place, given = st.empty(), dict[str, LanguageModel]()
    if with_default:
        with controls.explained_errors(place, "other"):
            given[loading.default_model()] = loading.model(loading.default_model(), place)
    titles = _TITLES | dict.fromkeys(given, _default_title())
    text = reading.score.text
    _loops(_written("greedy", text, given, [Decoding(0.0)], 1, ends), titles, ends)
    left, right = st.columns(2, gap="large")
    ways = [*(Decoding(one, seed=1) for one in TEMPERATURES), *(Decoding(top_p=one, seed=1) for one in TOP_PS[:-1])]
    samples = {name: one.texts for name, one in _written("samples", text, given, ways, _SAMPLES, ends).items()}
    if not samples:
        return
    with left:
        by_temperature = {name: texts[: len(TEMPERATURES)] for name, texts in samples.items()}
        _figure("temperature", TEMPERATURES, by_temperature, titles, measure, text)
    with right:
        # top-p 1 leaves everything, at temperature 1
        at_one = TEMPERATURES.index(1.0)
        by_top_p = {name: [*texts[len(TEMPERATURES) :], texts[at_one]] for name, texts in samples.items()}
        _figure("top-p", TOP_PS, by_top_p, titles, measure, text)
    st.caption(
        f"{_SAMPLES} texts of {'at most ' if ends else ''}{_LENGTH} tokens at each point, with the same seeds. "
        + _meaning(measure)
        + " Against top-p the temperature is 1."
        + (" Models with other tokens compare only roughly." if given else "")
    )
    _how_computed(samples, measure)


def _meaning(measure: str) -> str:
    if measure == "pairs":
        return (
            "Distinct pairs: of all pairs of neighbouring tokens in these texts together, the share that is different."
        )
    return f"Repeated tokens: the share that already stands among the {_WINDOW} tokens before it in its text."


def _default_title() -> str:
    name = loading.default_model()
    card = registry.card(name)
    return card.title.removesuffix("-Instruct, 4-bit") if card else "The default model"


def _banned(tokenizer: Tokenizer, ends: bool) -> list[int]:
    never = {tokenizer.start_id, tokenizer.unk_id, tokenizer.end_id} - {None, *([tokenizer.end_id] if ends else [])}
    return [token for token in never if token is not None]


def _written(
    what: str, text: str, given: Mapping[str, LanguageModel], ways: Sequence[Decoding], samples: int, ends: bool
) -> dict[str, Written]:
    """Of each model its texts under each decoding; those of the large one, which take a while, by themselves."""
    place = st.empty()
    lms = {name: loading.model(name, place) for name in _TITLES} | dict(given)

    def work_on(ticket: Ticket, names: Sequence[str]) -> dict[str, Written]:
        found = {}
        for done, name in enumerate(names):
            lm = lms[name]

            def progress(step: int, steps: int, done: int = done) -> None:
                ticket.progress(done * steps + step, len(names) * steps)

            never = _banned(lm.tokenizer, ends)
            texts = written(lm, lm.tokenizer.encode(text), ways, samples, _LENGTH, never, progress)
            tokens = lm.tokenizer.tokens(texts[0][0])
            found[name] = Written(list[Texts](texts), tokens, isinstance(lm.tokenizer, WordTokenizer))
        return found

    key = (text, ends, samples, _LENGTH)
    found = waiting.waited(f"training {what}", key, lambda ticket: work_on(ticket, list(_TITLES)), f"Writing {what}")
    if not given:
        st.empty()  # so that nothing below moves
        return found or {}
    names = list(given)
    more = waiting.waited(
        f"training more {what}",
        (*key, *names),
        lambda ticket: work_on(ticket, names),
        f"Writing {what} of {_default_title()}",
    )
    return (found or {}) | (more or {})


def _loops(found: Mapping[str, Written], titles: Mapping[str, str], ends: bool) -> None:
    if not found:
        return
    st.subheader("The most probable token, again and again", anchor=False)
    rows = [
        [
            f'<b style="white-space: nowrap">{html.escape(titles[name])}</b>',
            f'<div style="min-width: 16rem" dir="auto">{_text(one)}</div>',
            "–" if one.loop is None else f"{one.loop.period}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{one.loop.times}",
            percent(repetition(one.texts[0], _WINDOW)),
        ]
        for name, one in found.items()
    ]
    table("What each model writes greedily", ("Model", "Text after yours", "Loop", "Repeated"), rows)
    st.caption(
        "Underlined: the loop in which a text ends, and how many tokens it has, times how often. "
        + ("The start and the unknown token are" if ends else "The start, the end and the unknown token are")
        + " never written."
    )
    columns: Columns = {
        "model": [titles[name] for name, one in found.items() for _ in one.tokens],
        "position": [place for one in found.values() for place in range(1, len(one.tokens) + 1)],
        "token": [token for one in found.values() for token in one.tokens],
        "in the loop": [
            one.loop is not None and place >= one.loop.start
            for one in found.values()
            for place in range(len(one.tokens))
        ],
    }
    downloads("greedy", None, None, lambda: columns, "Greedy texts")


def _text(one: Written) -> str:
    """The text as HTML, its loop underlined; between words stand spaces, so that each token can be seen."""
    begins = len(one.tokens) if one.loop is None else one.loop.start
    between = " " if one.words else ""
    plain, looped = (
        html.escape(between.join(part if one.words else part.replace("␣", " ") for part in tokens))
        for tokens in (one.tokens[:begins], one.tokens[begins:])
    )
    return f'{plain}{between}<span class="explorer-loop">{looped}</span>' if looped else plain


def shares(texts: Sequence[Texts], measure: str) -> list[float]:
    """What is measured, of the texts of each setting."""
    return [distinct_pairs(one) if measure == "pairs" else repetition(one, _WINDOW) for one in texts]


def _figure(
    axis: str,
    settings: Sequence[float],
    texts: Mapping[str, Sequence[Texts]],
    titles: Mapping[str, str],
    measure: str,
    text: str,
) -> None:
    found = {name: shares(one, measure) for name, one in texts.items()}
    lines = [Line(titles[name], one, list(titles).index(name)) for name, one in found.items()]
    figure = by_setting(settings, lines, axis, _MEASURES[measure].lower())
    st.subheader(f"By {axis}", anchor=False)
    ends = ", ".join(f"{titles[name]} {percent(one[0])} to {percent(one[-1])}" for name, one in found.items())
    st.plotly_chart(
        figure,
        key=f"collapse_{axis}",
        config={"displayModeBar": False},
        alt=f"{_MEASURES[measure]} against {axis}, from {settings[0]:g} to {settings[-1]:g}: {ends}.",
    )
    columns: Columns = {
        "model": [titles[name] for name in texts for _ in settings],
        axis: list(settings) * len(texts),
        "distinct pairs": list(chain.from_iterable(shares(one, "pairs") for one in texts.values())),
        "repeated tokens": list(chain.from_iterable(shares(one, "repeated") for one in texts.values())),
    }
    about = f"{_MEASURES[measure]} by {axis}\nText: {text}"
    downloads(f"collapse_{axis}", f"collapse_{axis}", figure, lambda: columns, about)


def _how_computed(samples: Mapping[str, Sequence[Texts]], measure: str) -> None:
    explain.explanation(
        "Greedy decoding takes the most probable token, reads it, and goes on; what was just said makes itself more "
        "probable, until a text repeats itself (Holtzman et al. 2020). Drawing at a low temperature or top-p does "
        "nearly the same. Variety is measured by distinct-2 (after Li et al. 2016, here a share of the pairs), "
        "repetition by rep (Welleck et al. 2020).",
        lambda: _formulas(samples["lstm"][TEMPERATURES.index(1.0)]) if "lstm" in samples else [],
        [written, distinct_pairs if measure == "pairs" else repetition, loop],
    )


def _formulas(texts: Texts) -> list[str]:
    """With the samples of the LSTM at temperature 1."""
    pairs = sum(max(0, len(text) - 1) for text in texts)
    tokens = sum(map(len, texts))
    distinct, repeated = shares([texts], "pairs")[0], shares([texts], "repeated")[0]
    return [
        rf"\frac{{\lvert \{{(w_t, w_{{t+1}})\}} \rvert}}{{\text{{pairs}}}} ="
        rf" \frac{{{distinct * pairs:.0f}}}{{{pairs}}} = {distinct:.3f}"
        r" \quad \text{(LSTM, temperature 1)}"
        if pairs
        else r"\text{no pairs}",
        rf"\frac{{\#\{{t : w_t \in \{{w_{{t-{_WINDOW}}}, \dots, w_{{t-1}}\}}\}}}}{{\text{{tokens}}}} ="
        rf" \frac{{{repeated * tokens:.0f}}}{{{tokens}}} = {repeated:.3f}",
    ]
