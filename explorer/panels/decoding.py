"""How the next token is chosen: the controls of decoding."""

import streamlit as st

from explorer import controls
from models.prediction.decoding import Decoding


def beam_width(slug: str) -> int:
    """How many texts beam search follows at once."""
    return controls.count(f"{slug}_width", "Beam width", 3, 2, 8, "How many paths are followed at once; 1 is greedy.")


def described(decoding: Decoding) -> str:
    """A decoding in words.

    >>> described(Decoding(0.7, top_k=5)), described(Decoding())
    ('temperature 0.7, top-k 5', 'temperature 1')
    """
    filters = {"top-k": decoding.top_k, "top-p": decoding.top_p % 1, "min-p": decoding.min_p}
    on = [f"temperature {decoding.temperature:g}", *(f"{name} {value:g}" for name, value in filters.items() if value)]
    return ", ".join(on)


def decoding_controls(slug: str, *, seed: bool = False) -> Decoding:
    """Temperature, and under More top-k, top-p and min-p; with the seed of the draws where tokens are drawn."""
    temperature = controls.number(
        f"{slug}_temperature",
        "Temperature",
        1.0,
        0.0,
        3.0,
        0.05,
        "Divides the logits: below 1 the probable gets more probable, above 1 all get more alike. "
        "0 always takes the most probable token.",
    )
    drawn = 0
    if seed:
        drawn = controls.count(
            f"{slug}_seed",
            "Seed",
            0,
            0,
            100,
            "Where the draws begin: the same seed gives the same text again.",
        )
    with st.expander("More: top-k, top-p, min-p"):
        top_k = controls.count(f"{slug}_top_k", "Top-k (0: all)", 0, 0, 100, "Keeps the k most probable tokens.")
        top_p = controls.number(
            f"{slug}_top_p",
            "Top-p (1: all)",
            1.0,
            0.05,
            1.0,
            0.01,
            "Keeps the fewest tokens that together hold this much probability.",
        )
        min_p = controls.number(
            f"{slug}_min_p",
            "Min-p (0: all)",
            0.0,
            0.0,
            1.0,
            0.01,
            "Keeps tokens that are at least this fraction as probable as the first one.",
        )
    return Decoding(temperature, top_k, top_p, min_p, drawn)
