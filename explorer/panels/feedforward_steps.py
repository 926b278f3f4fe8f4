"""The feed-forward model on a text: the window that slides, the forward pass line by line, the loss of each token."""

from dataclasses import dataclass

import streamlit as st
import torch

from explorer import controls, explain
from explorer.asking import Reading
from explorer.components.algorithm_steps import Block, Position, algorithm_steps
from explorer.contents import FIRST_PROMPT
from explorer.panels import algorithm, neural, prompt, token_losses
from models.mixers.feedforward import ACTIVATIONS, FeedForwardNetwork, FeedForwardTrace
from models.mixers.neural_lm import NeuralLM

CONTEXTS = {"ffn-4": "N = 4", "ffn-2": "N = 2", "ffn-8": "N = 8"}
COUNTED = {"ffn-2": "trigram", "ffn-4": "5-gram", "ffn-8": "5-gram"}  # the n-gram model that sees as much, or the most


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network computed of a text, between its start and its end token."""

    lm: NeuralLM
    activation: str
    ids: list[int]  # from the start token to the end token
    trace: FeedForwardTrace  # of the turns that are drawn
    log_probs: list[float]  # of each token but the first, by the activation that is shown

    @property
    def tokens(self) -> list[str]:
        """Visible forms."""
        return self.lm.tokenizer.tokens(self.ids)


def model_input(slug: str) -> str:
    """Which of the models."""
    return controls.choice(f"{slug}_n", "Tokens that it sees", list(CONTEXTS), CONTEXTS.__getitem__)


def steps_view(slug: str) -> None:
    """The text, its algorithm, and what each token cost."""
    text = controls.text("prompt", "Text", FIRST_PROMPT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    with st.container(horizontal=True, gap="medium"):
        name = model_input(slug)
        activation = controls.choice(f"{slug}_g", "Activation g", list(ACTIVATIONS))
    reading = prompt.read_prompt(name, text, end=True)
    counted = prompt.read_prompt(COUNTED[name], text, end=True, who="counted")
    if reading is None or counted is None or counted.score.token_ids != reading.score.token_ids:
        return
    seen = looked_into(reading, activation)
    if activation != "tanh":
        st.caption(f"The weights were learned with tanh. With {activation} they are the same, and fit it badly.")
    algorithm_steps(
        code(activation),
        seen.tokens[: algorithm.MOST + 1],
        _positions(seen),
        version=repr((reading.score.token_ids, name, activation)),
        key="forward_pass",
    )
    if len(seen.ids) > algorithm.MOST + 1:
        st.caption(f"The first {algorithm.MOST} of {len(seen.ids) - 1:,} steps; the loss below is that of all.")
    prompt.unknown_words(reading)
    _losses(seen, counted)
    neural.card_line(seen.lm)
    _how_computed(seen)


def looked_into(reading: Reading, activation: str) -> Seen:
    """What the network computes of what was read, the end too."""
    lm, score = reading.model, reading.score
    if not isinstance(lm, NeuralLM) or not isinstance(lm.network, FeedForwardNetwork):
        raise TypeError("this reading comes from another kind of model")
    ids = [lm.tokenizer.start_id, *score.token_ids]
    learned = lm.network.config.activation == activation
    with torch.no_grad():
        trace = lm.network.trace((ids if not learned else ids[: algorithm.MOST + 1])[:-1], activation)
    log_probs = score.token_log_probs.tolist() if learned else algorithm.log_probs_of(trace.logits, ids[1:])
    return Seen(lm, activation, ids, trace, log_probs)


def code(activation: str) -> list[str]:
    """The forward pass in pre-training."""
    return [
        "loss = 0",
        "for t = 1 … T:",
        "    x = [E[w(t−N)]; … ; E[w(t−1)]]",
        f"    h = {activation}(W x + b)",
        "    y = E P h + c",
        "    p = softmax(y)",
        "    loss = loss − ln p[w(t)]",
        "return loss / T",
    ]


def _positions(seen: Seen) -> list[Position]:
    """The turns of the loop."""
    context = seen.trace.windows.shape[1]
    shown = min(algorithm.MOST, len(seen.ids) - 1)
    return [
        {"reads": sorted({max(0, i - j) for j in range(context)}), "target": i + 1, "blocks": _blocks(seen, i)}
        for i in range(shown)
    ]


def _blocks(seen: Seen, i: int) -> list[Block]:
    trace, tokenizer = seen.trace, seen.lm.tokenizer
    window, target = trace.windows[i].tolist(), seen.ids[i + 1]
    names = tokenizer.tokens(window)
    parts = list(zip(names, trace.x[i].view(len(window), -1), strict=True))
    before, h, logits = trace.pre_activation[i], trace.h[i], trace.logits[i]
    losses = [-log_prob for log_prob in seen.log_probs]
    each = trace.x.shape[1] // len(window)
    blocks = [
        algorithm.vector(
            2,
            "x",
            f"x ∈ R{algorithm.power(trace.x.shape[1])}: {len(window)} embeddings of {each} numbers in a row",
            parts,
        ),
        algorithm.vector(
            3, "W x + b", f"W x + b ∈ R{algorithm.power(len(h))}, {algorithm.reach(before)}", [("", before)]
        ),
        algorithm.vector(3, "h", f"h = {seen.activation}(W x + b), {algorithm.reach(h)}", [("", h)]),
        algorithm.scores(4, logits, tokenizer, target),
        algorithm.distribution(5, logits, tokenizer, target),
        algorithm.loss(6, seen.log_probs[i], tokenizer.tokens([target])[0], losses[: i + 1]),
    ]
    return [*blocks, algorithm.mean_loss(7, losses)] if i + 2 == len(seen.ids) else blocks


def _losses(seen: Seen, counted: Reading) -> None:
    """What each token cost, here and in the model that counts."""
    theirs = (-counted.score.token_log_probs).tolist()
    ours = [-log_prob for log_prob in seen.log_probs]
    more = "The second counted the same corpus."
    own, other = seen.lm.card.perplexity, counted.model.card.perplexity
    if own and other and seen.activation == seen.lm.network.config.activation:
        more += f" On its held-out sentences perplexities are {own:.1f} and {other:.1f}; on one text either may win."
    token_losses.token_losses(
        seen.tokens[1:], [(seen.lm.card, ours), (counted.model.card, theirs)], counted.score.text, more
    )


def _how_computed(seen: Seen) -> None:
    explain.explanation(
        "The embeddings of the last N tokens stand in a row. A matrix mixes them into hidden units, a second one makes "
        "an embedding of those again, and the products with all embeddings are the scores of the next token. So words "
        "with similar embeddings do similar things, before and after (Bengio et al. 2003).",
        lambda: _formulas(seen),
        [FeedForwardNetwork.trace, FeedForwardNetwork.logits],
    )


def _formulas(seen: Seen) -> list[str]:
    """In symbols, then with the first hidden unit and the last token's numbers."""
    config, i = seen.lm.network.config, len(seen.trace.h) - 1
    target, before = seen.ids[i + 1], float(seen.trace.pre_activation[i, 0])
    name = explain.latex_text(seen.lm.tokenizer.tokens([target])[0])
    logits = seen.trace.logits[i].double()
    return [
        r"x_t = [e_{t-N+1}; \dots; e_t] \in \mathbb{R}^{Nm}, \quad h_t = g(W x_t + b) \in \mathbb{R}^d, \quad"
        r" y_t = E P h_t + c \in \mathbb{R}^{\lvert V \rvert}",
        rf"N = {config.context}, \quad m = {config.n_embd}, \quad d = {config.n_hidden}, \quad"
        rf" \lvert V \rvert = {config.vocab_size}",
        rf"h_{{t,1}} = \mathrm{{{seen.activation}}}({before:.4f}) = {float(seen.trace.h[i, 0]):.4f}",
        rf"-\ln p[{name}] = \ln \sum_v e^{{y_v}} - y_{{{name}}} = {float(logits.logsumexp(-1)):.4f}"
        rf" - ({float(logits[target]):.4f}) = {-seen.log_probs[i]:.4f}",
    ]
