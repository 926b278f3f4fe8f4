"""What each token of a text cost in one model or several, as bars."""

import math
from collections.abc import Sequence

import streamlit as st

from explorer import style
from explorer.downloads import Columns, downloads
from explorer.figures import losses
from models.card import ModelCard


def token_losses(
    tokens: Sequence[str], models: Sequence[tuple[ModelCard, Sequence[float]]], text: str, more: str = ""
) -> None:
    """The figure, and what it comes to.

    Args:
        tokens: visible forms of what is predicted.
        models: the card of each, and the loss of each token, in nats.
        text: that was read.
        more: words behind the means.
    """
    st.subheader("What each token costs", anchor=False)
    drawn = [(card.title, colour(card), [value / math.log(2) for value in nats]) for card, nats in models]
    figure = losses.token_losses(tokens, drawn)
    means = ", ".join(f"{sum(bits) / len(bits):.2f} bits in {name}" for name, _, bits in drawn)
    st.plotly_chart(
        figure,
        key="losses",
        config={"displayModeBar": False},
        alt=f"The loss of each of {len(tokens)} tokens, on average {means}.",
    )
    st.text(f"On average {means}. {more}".strip())
    columns: Columns = {"token": tokens, **{f"loss, nats: {card.title}": nats for card, nats in models}}
    titles = ", ".join(card.title for card, _ in models)
    downloads("losses", "losses", figure, lambda: columns, f"Loss of each token\n{titles}\nText: {text}")


def colour(card: ModelCard) -> str:
    """Of a model, by its cell where it has one, else by its family."""
    cells = [name for name in ("lstm", "gru", "rnn") if name.upper() in card.title]
    return style.FAMILIES.get(cells[0] if cells else card.family, style.PROBABILITY)
