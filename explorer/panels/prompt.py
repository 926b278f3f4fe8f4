"""The prompt, its model, and the prompt as tokens."""

import math

import streamlit as st

from explorer import controls, loading, style
from explorer.components.token_strip import StripToken, token_strip
from explorer.loading import Reading
from explorer.numbers import percent
from models import registry
from models.card import ModelCard
from models.errors import ModelError
from models.interfaces import Tokenizer

GLTR_STEPS = (10, 100, 1000)  # Gehrmann et al. 2019


def model_name() -> str:
    """The model that the URL asks for where it can be had, else the default one, and a word about it."""
    default = loading.default_model()
    wanted = controls.value("model", default)
    if wanted == default:
        return default
    place, found = st.empty(), False
    with controls.explained_errors(place, "model"):
        if registry.card(wanted) is None:
            raise ModelError(f"The link asks for the model {wanted!r}, which is not known here. Another one is shown.")
        loading.model(wanted, place)
        found = True
    return wanted if found else default


def read_prompt(model: str, prompt: str, *, end: bool = False) -> Reading | None:
    """What the model says of the prompt, by its chosen token ids where the tokenizer would cut otherwise."""

    def encode(tokenizer: Tokenizer) -> list[int]:
        chosen = _valid_ids(controls.value("prompt_ids"), prompt, tokenizer)
        return tokenizer.encode(prompt) if chosen is None else chosen

    return loading.read("prompt", model, encode, end=end)


def set_prompt_ids(tokenizer: Tokenizer, token_ids: list[int]) -> None:
    """Makes these tokens the prompt: as text, and as ids too where the tokenizer would cut that text otherwise."""
    text = tokenizer.decode(token_ids)
    exact = tokenizer.encode(text) == token_ids
    controls.set_values(prompt=text, prompt_ids=None if exact else ",".join(map(str, token_ids)))


def strip_colour(slug: str) -> bool:
    """Whether the strip is coloured by rank."""
    titles = {"surprisal": "Surprisal", "rank": "Rank"}
    return controls.choice(f"{slug}_colour", "Tokens coloured by", list(titles), titles.__getitem__) == "rank"


def strip(reading: Reading, by_rank: bool) -> None:
    """The prompt as tokens, coloured by surprisal in bits or, as GLTR does, by rank; a click cuts it there."""
    score, tokenizer = reading.score, reading.model.tokenizer
    surprisals = (-score.log_probs / math.log(2)).tolist()
    ranks = score.ranks.tolist()
    first = score.top_ids.tolist()
    first_probs = score.top_log_probs.exp().tolist()
    tokens: list[StripToken] = [
        {
            "token": token,
            "label": f"#{ranks[i]:,}" if by_rank else f"{surprisals[i]:.1f}",
            "shade": _rank_shade(ranks[i]) if by_rank else min(1.0, surprisals[i] / 16),
            "facts": [
                f"probability {percent(2.0 ** -surprisals[i])}, rank {ranks[i]:,}",
                f"surprisal {surprisals[i]:.2f} bits",
                f"token id {score.token_ids[i]}",
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
        colour=style.SURPRISAL,
        key="token_strip",
        on_cut=_cut,
    )


def model_line(reading: Reading | None) -> None:
    """Which model, in what precision, where, how long it took; its card, and a choice of another."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if reading is not None:
            card, count = reading.model.card, len(reading.score.token_ids)
            st.text(
                f"{card.title} · {card.precision} · {count:,} {'token' if count == 1 else 'tokens'}, "
                f"{reading.computed:,} of them read anew in {reading.seconds * 1000:,.0f} ms"
            )
        with st.popover("Model", type="tertiary"):
            titles = {card.name: card.title for card in registry.catalog()}
            first = loading.default_model()
            names = [first, *(name for name in titles if name != first)]
            controls.choice("model", "Model", names, lambda name: titles.get(name, name))
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
        ("Perplexity", card.perplexity and f"{card.perplexity} a token, on {card.held_out}"),
        ("Bits per character", card.bits_per_character and f"{card.bits_per_character}, on the same text"),
        ("Licence", card.licence),
        ("Source", card.source),
        ("SHA-256", card.sha256),
    ]


def _cut(position: int) -> None:
    reading = loading.last_reading("prompt")
    if reading is not None:
        set_prompt_ids(reading.model.tokenizer, list(reading.score.token_ids[:position]))


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
