"""The prompt, its model, and the prompt as tokens."""

import math

import streamlit as st

from explorer import address, asking, controls, loading, style
from explorer.asking import Reading
from explorer.branches import Branches, decode
from explorer.components.token_strip import StripToken, token_strip
from explorer.numbers import percent, power_of_ten
from models.card import ModelCard
from models.errors import ModelError
from models.interfaces import Tokenizer
from models.prediction.scoring import Score
from models.tokens.prefixes import common_prefix

_MOST_UNKNOWN = 8  # words that are named
_SECOND = "gru"  # beside the default model: the best of those that ship whose first choice at first is no <unk>
GLTR_STEPS = (10, 100, 1000)  # Gehrmann et al. 2019


def model_name() -> str:
    """The model that the URL asks for where it can be had, else the default one, and a word about it."""
    default = loading.default_model()
    wanted = address.value("model", default)
    if wanted == default:
        return default
    place, found = st.empty(), False
    with controls.explained_errors(place, "model"):
        if wanted not in {card.name for card in loading.catalog()}:
            raise ModelError(f"The link asks for the model {wanted!r}, which is not known here. Another one is shown.")
        loading.model(wanted, place)
        found = True
    return wanted if found else default


def other_model(slug: str, model: str, label: str, *, none: str | None = None) -> str:
    """The name of a second model, chosen from the catalogue or typed: a Hugging Face id or a folder.

    Args:
        slug: of the page.
        model: the name of the first model.
        label: what the second is called there.
        none: what choosing no second model is called, which then is the default and gives ""; None: one must be chosen.
    """
    titles = {card.name: card.title for card in loading.catalog()} | ({} if none is None else {"": none})
    first = loading.default_model()
    others = [name for name in reversed([first, *(name for name in titles if name != first)]) if name != model]
    if none is None:
        newest = [lm.card.name for lm in reversed(loading.kept())]  # what the reader made is what is to be compared
        second = next(name for name in (*newest, _SECOND, first) if name != model)
        others.sort(key=second.__ne__)
    return controls.pick(
        f"{slug}_other",
        label,
        others,
        lambda name: titles.get(name, name),
        "Choose one, or type a Hugging Face id (owner/name) or a folder on the machine where this app runs.",
    )


def may_load(name: str) -> bool:
    """Whether a second model is on this machine, or the reader has asked to fetch it: a link alone fetches nothing."""
    if loading.is_here(name) or name in _wanted():
        return True
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{name} is not on this machine.", width="content")
        st.button("Fetch it from the Hugging Face hub", key="fetch", on_click=_wanted().add, args=(name,))
    return False


def _wanted() -> set[str]:
    """The models that this session's reader asked to fetch."""
    wanted: set[str] = st.session_state.setdefault("_wanted", set())
    return wanted


def read_prompt(model: str, prompt: str, *, end: bool = False, who: str = "") -> Reading | None:
    """What the model says of the prompt, by its chosen token ids where the tokenizer would cut otherwise."""

    return asking.read("prompt", model, prompt, lambda tokenizer: chosen_ids(prompt, tokenizer), end=end, who=who)


def chosen_ids(prompt: str, tokenizer: Tokenizer) -> list[int]:
    """The prompt's token ids: those of the link where they are this text's, else as the tokenizer cuts it."""
    chosen = _valid_ids(address.value("prompt_ids"), prompt, tokenizer)
    return tokenizer.encode(prompt) if chosen is None else chosen


def set_prompt_ids(reading: Reading, token_ids: list[int]) -> None:
    """Goes from a prompt to another: as text, and as ids too where the tokenizer would cut that text otherwise.

    Where the reader has been stays as a branch of the tree of paths.
    """
    tokenizer, before = reading.model.tokenizer, reading.score.token_ids
    text = _text_of(reading, token_ids)
    exact = tokenizer.encode(text) == token_ids
    gone = branches(reading).gone(before, token_ids)
    address.set_values(
        prompt=text,
        prompt_ids=None if exact else ",".join(map(str, token_ids)),
        prompt_paths=gone.encode() if gone.paths else None,
    )


def _text_of(reading: Reading, token_ids: list[int]) -> str:
    """The text of token ids; words that the vocabulary does not hold stay as the reader wrote them."""
    tokenizer, written = reading.model.tokenizer, reading.score.text
    known = common_prefix(reading.score.token_ids, token_ids)
    if tokenizer.unk_id not in token_ids[:known] or tokenizer.encode(written)[:known] != token_ids[:known]:
        return tokenizer.decode(token_ids)
    more = tokenizer.decode(token_ids)[len(tokenizer.decode(token_ids[:known])) :]
    return written[: tokenizer.spans(written)[known - 1][1]] + more


def branches(reading: Reading) -> Branches:
    """Where the reader has gone from the prompt that was typed last."""
    return decode(address.value("prompt_paths"), reading.score.token_ids, reading.model.tokenizer.vocab_size)


def strip_colour(slug: str) -> bool:
    """Whether the strip is coloured by rank."""
    titles = {"surprisal": "Surprisal", "rank": "Rank"}
    return controls.choice(f"{slug}_colour", "Tokens coloured by", list(titles), titles.__getitem__) == "rank"


def strip(reading: Reading, by_rank: bool) -> None:
    """The prompt as tokens, coloured by surprisal in bits or, as GLTR does, by rank; a click cuts it there."""
    score, tokenizer = reading.score, reading.model.tokenizer
    surprisals = (score.log_probs.abs() / math.log(2)).tolist()
    ranks = score.ranks.tolist()
    first = score.top_ids.tolist()
    first_probs = score.top_log_probs.exp().tolist()
    tokens: list[StripToken] = [
        {
            "token": token,
            "label": f"#{ranks[i]:,}" if by_rank else f"{surprisals[i]:.1f}".replace("inf", "∞"),
            "shade": _rank_shade(ranks[i]) if by_rank else min(1.0, surprisals[i] / 16),
            "facts": [
                f"probability {percent(2.0 ** -surprisals[i])}, rank {ranks[i]:,}",
                f"surprisal {surprisals[i]:.2f} bits".replace("inf", "∞"),
                f"token id {score.token_ids[i]}",
                *([_spelt(score, i)] if score.spelling[i] else []),
            ],
            "instead": [
                (other, percent(p)) for other, p in zip(tokenizer.tokens(first[i][:5]), first_probs[i][:5], strict=True)
            ],
        }
        for i, token in enumerate(score.tokens)
    ]

    token_strip(
        tokens,
        start=tokenizer.tokens([tokenizer.start_id])[0],
        unit="rank" if by_rank else "surprisal in bits",
        colour=style.SURPRISAL,
        key="token_strip",
        on_cut=_cut,
    )
    unknown_words(reading)


def unknown_words(reading: Reading) -> None:
    """Names the words that the vocabulary does not hold, and says what they cost."""
    score = reading.score
    spelt = [bool(value) for value in score.spelling]
    if any(spelt):
        spans = reading.model.tokenizer.spans(score.text)
        words = dict.fromkeys(score.text[start:stop] for (start, stop), is_spelt in zip(spans, spelt) if is_spelt)
        shown = ", ".join(list(words)[:_MOST_UNKNOWN]) + (", …" if len(words) > _MOST_UNKNOWN else "")
        unk = reading.model.tokenizer.tokens([reading.model.tokenizer.unk_id or 0])[0]
        st.text(f"Not in the vocabulary: {shown}. Such a word costs P({unk}) times the probability of its spelling.")


def _spelt(score: Score, i: int) -> str:
    unknown, spelling = float(score.token_log_probs[i].exp()), float(score.spelling[i])
    return f"not in the vocabulary: P = {percent(unknown)}, its spelling {power_of_ten(spelling)}"


def model_line(reading: Reading | None, name: str | None = None) -> None:
    """Which model, in what precision, how long it took; its card, and a choice of another.

    Args:
        reading: what a model said.
        name: of the model that can be exchanged for another; None: the page has one of its own.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        titles = {card.name: card.title for card in loading.catalog()}
        if reading is not None:
            card, count = reading.model.card, len(reading.score.token_ids)
            known = "" if reading.computed == count else f", {count - reading.computed:,} of them known before"
            st.text(
                f"{card.title} · {card.precision} · {count:,} {'token' if count == 1 else 'tokens'}{known}, "
                f"read in {reading.seconds * 1000:,.0f} ms"
            )
        elif name is not None:
            st.text(titles.get(name, name))
        with st.popover("Model", type="tertiary"):
            if name is not None:
                first = loading.default_model()
                names = [first, *(other for other in titles if other != first)]
                controls.choice("model", "Model", names, lambda other: titles.get(other, other))
            if reading is not None:
                st.text("\n".join(f"{name}: {value}" for name, value in _card_lines(reading.model.card) if value))


def _card_lines(card: ModelCard) -> list[tuple[str, object]]:
    return [
        ("Name", card.name),
        ("Family", card.family),
        ("Parameters", card.parameters and f"{card.parameters:,}"),
        ("Vocabulary", card.vocab_size and f"{card.vocab_size:,} tokens"),
        ("Longest text", card.block_size and f"{card.block_size:,} tokens"),
        ("Every text begins with", card.start_token),
        ("A text ends with", card.end_token),
        ("Trained on", card.corpus),
        ("Training", card.training),
        ("Perplexity", card.perplexity and f"{card.perplexity} a token, on {card.held_out}"),
        ("Bits per character", card.bits_per_character and f"{card.bits_per_character}, on the same text"),
        ("Licence", card.licence),
        ("Source", card.source),
        ("SHA-256", card.sha256),
    ]


def _cut(position: int) -> None:
    reading = asking.last_reading("prompt")
    if reading is not None:
        set_prompt_ids(reading, list(reading.score.token_ids[:position]))


def _rank_shade(rank: int) -> float:
    return sum(rank > step for step in GLTR_STEPS) / len(GLTR_STEPS)


def _valid_ids(ids: str, prompt: str, tokenizer: Tokenizer) -> list[int] | None:
    """The ids of a link, if they are this prompt's in this model."""
    try:
        token_ids = [int(part) for part in ids.split(",")]
    except ValueError:
        return None
    if not all(0 <= token_id < tokenizer.vocab_size for token_id in token_ids):
        return None
    return token_ids if tokenizer.decode(token_ids) == prompt else None
