"""How many weights a longer window takes, and what it brings: the feed-forward model beside the counts."""

import math

import streamlit as st

from explorer import controls, explain, style
from explorer.downloads import Columns, downloads
from explorer.figures.feedforward import by_context
from explorer.numbers import power_of_ten
from models import registry
from models.card import ModelCard
from models.mixers.feedforward import FeedForwardConfig
from models.tokens.words import START_ID

_SHIPPED = {"ffn-2": 2, "ffn-4": 4, "ffn-8": 8}
_COUNTED = ("unigram", "bigram", "trigram", "4-gram", "5-gram")
_ANY = ("rnn", "lstm")  # they see as many tokens as there are
_MOST = 16
_FFN, _NGRAMS = style.FAMILIES["feedforward"], style.FAMILIES["ngrams"]


def weights_view(slug: str) -> None:
    """The number of weights by the size of the window, and the perplexity of what ships."""
    cards = {card.name: card for card in registry.catalog()}
    with st.container(horizontal=True, gap="medium"):
        m = controls.count(f"{slug}_m", "Numbers an embedding, m", 128, 16, 512, step=16)
        d = controls.count(f"{slug}_d", "Hidden units, d", 384, 16, 1024, step=16)
    vocab_size = cards["ffn-4"].vocab_size or 0
    left, right = st.columns(2, gap="large")
    with left:
        _weights(m, d, vocab_size, [cards[name] for name in _COUNTED])
    with right:
        _perplexities(cards)
    explain.explanation(
        "The matrix W grows by d · m weights for each token of the window: in a straight line. The number of different "
        "contexts grows as a power, and a table of counts keeps what its text holds of them. Recurrent networks go "
        "on: their weights do not depend on how many tokens they see.",
        lambda: [
            r"\#\text{weights} = \underbrace{\lvert V \rvert m}_{E} + \underbrace{N m d}_{W} + \underbrace{d}_{b}"
            + (r" + \underbrace{d m}_{P}" if d != m else "")
            + r" + \underbrace{\lvert V \rvert}_{c}",
            rf"N = 4: \quad {vocab_size} \cdot {m} + 4 \cdot {m} \cdot {d} + {d}"
            + (rf" + {d} \cdot {m}" if d != m else "")
            + rf" + {vocab_size} = {weights(4, m, d, vocab_size):,}",
            rf"\lvert V \rvert^4 = {vocab_size}^4 = {vocab_size**4:.3g}".replace("e+", r" \cdot 10^{") + "}",
        ],
        [FeedForwardConfig.count_weights],
    )


def weights(context: int, n_embd: int, n_hidden: int, vocab_size: int) -> int:
    """How many a feed-forward model of that shape has."""
    config = FeedForwardConfig(
        vocab_size=vocab_size, context=context, n_embd=n_embd, n_hidden=n_hidden, start_id=START_ID
    )
    return config.count_weights()


def _weights(m: int, d: int, vocab_size: int, counted: list[ModelCard]) -> None:
    st.subheader("Numbers that are kept", anchor=False)
    contexts = list(range(1, _MOST + 1))
    network = [weights(n, m, d, vocab_size) for n in contexts]
    seen = list(range(len(counted)))
    kept = [card.parameters or 0 for card in counted]
    lines = [("feed-forward", _FFN, contexts, network), ("n-grams kept", _NGRAMS, seen, kept)]
    figure = by_context(lines, "numbers")
    st.plotly_chart(
        figure,
        key="weights",
        config={"displayModeBar": False},
        alt=f"The weights of a feed-forward model grow from {network[0]:,} to {network[-1]:,}, in a straight line.",
    )
    st.caption(
        f"All contexts of 4 tokens that there could be: {power_of_ten(4 * math.log(vocab_size), 1)}. The table that "
        f"ships keeps {kept[-1]:,} n-grams of up to 5 tokens, those without which the model would lose most."
    )
    columns: Columns = {
        "tokens seen": [*contexts, *seen],
        "model": ["feed-forward"] * len(contexts) + ["n-gram"] * len(seen),
        "numbers": [*network, *kept],
    }
    downloads("weights", "weights", figure, lambda: columns, f"Numbers that are kept\nm = {m}, d = {d}")


def _perplexities(cards: dict[str, ModelCard]) -> None:
    st.subheader("What a longer window brings", anchor=False)
    network = [cards[name] for name in _SHIPPED]
    counted = [cards[name] for name in _COUNTED]
    lines = [
        ("feed-forward", _FFN, list(_SHIPPED.values()), [card.perplexity or 0 for card in network]),
        # without the unigram, whose perplexity is far above all others
        ("n-gram", _NGRAMS, list(range(1, len(counted))), [card.perplexity or 0 for card in counted[1:]]),
    ]
    levels = [(cards[name].title, cards[name].perplexity or 0) for name in _ANY]
    figure = by_context(lines, "perplexity", levels=levels)
    st.plotly_chart(
        figure,
        key="perplexities",
        config={"displayModeBar": False},
        alt="Perplexity against the tokens seen: " + ", ".join(f"{card.title} {card.perplexity}" for card in network),
    )
    st.caption(
        f"Measured on {network[0].held_out}, all models on the same tokens. The unigram: {counted[0].perplexity}."
    )
    rows = [*counted, *network, *(cards[name] for name in _ANY)]
    columns: Columns = {"model": [card.title for card in rows], "perplexity": [card.perplexity for card in rows]}
    downloads("perplexities", "perplexities", figure, lambda: columns, "Perplexity of the models that ship")
