"""What each token of a text cost in one model or several, as bars."""

import math
from collections.abc import Mapping, Sequence

import streamlit as st

from explorer.downloads import Columns, downloads
from explorer.figures import losses


def token_losses(tokens: Sequence[str], models: Mapping[str, Sequence[float]], text: str, more: str = "") -> None:
    """The figure, and what it comes to.

    Args:
        tokens: visible forms of what is predicted.
        models: of each its name and the loss of each token, in nats.
        text: that was read.
        more: words behind the means.
    """
    st.subheader("What each token costs", anchor=False)
    in_bits = {name: [value / math.log(2) for value in nats] for name, nats in models.items()}
    figure = losses.token_losses(tokens, list(in_bits.items()))
    means = ", ".join(f"{sum(bits) / len(bits):.2f} bits in {name}" for name, bits in in_bits.items())
    st.plotly_chart(
        figure,
        key="losses",
        config={"displayModeBar": False},
        alt=f"The loss of each of {len(tokens)} tokens, on average {means}.",
    )
    st.text(f"On average {means}. {more}".strip())
    columns: Columns = {"token": tokens, **{f"loss, nats: {name}": nats for name, nats in models.items()}}
    downloads("losses", "losses", figure, lambda: columns, f"Loss of each token\n{', '.join(models)}\nText: {text}")
