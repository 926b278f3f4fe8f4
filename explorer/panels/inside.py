"""Which transformer the reader looks into, and what it computes of the text."""

from collections.abc import Hashable
from dataclasses import dataclass, fields

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from explorer import controls, loading, waiting
from explorer.inference import Ticket
from explorer.panels import prompt
from models import registry
from models.errors import ModelError
from models.interfaces import LanguageModel
from models.mixers.inside import NOTHING, Ablation, Inside, TransformerTrace, opened

TEXT = "The keys to the cabinet"
MOST = 64  # tokens that are looked at, the start token among them
OFFERED = 8  # next tokens


@dataclass(frozen=True, eq=False)
class Look:
    """A transformer, opened, and what it computed of a text."""

    name: str  # by which the model is loaded
    lm: LanguageModel
    inside: Inside
    trace: TransformerTrace
    left_out: int  # tokens of the text

    @property
    def ids(self) -> tuple[int, ...]:
        """What was read, the start token first."""
        return self.trace.token_ids

    @property
    def tokens(self) -> list[str]:
        """Visible forms of what was read."""
        return self.lm.tokenizer.tokens(self.ids)

    @property
    def key(self) -> tuple[Hashable, ...]:
        """What results of this look are known by."""
        return (self.name, self.ids)

    @property
    def shared(self) -> int:
        """How many heads, one after the other, have the same keys and values."""
        return self.inside.n_head // self.inside.n_kv_head


@dataclass(frozen=True)
class _Read:
    """A text as tokens of one model."""

    ids: tuple[int, ...]
    left_out: int


@dataclass(frozen=True, eq=False)
class _Opened:
    """What is computed once for all who look at the same."""

    inside: Inside
    trace: TransformerTrace

    @property
    def parts(self) -> list[Tensor]:
        """What takes memory."""
        of_layers = [layer for one in self.trace.layers for layer in (getattr(one, part.name) for part in fields(one))]
        return [self.trace.embeddings, self.trace.resid_pre, self.trace.final, self.trace.logits, *of_layers]


def look(slug: str) -> Look | None:
    """The text, the model, and what is seen in it; the last that could be read while another can't be."""
    left, right = st.columns([9, 4], gap="medium")
    with left:
        text = controls.text("prompt", "Text", TEXT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    with right:
        name = model_input(slug)
    if not prompt.may_load(name):
        return None
    return look_at(slug, name, text)


def model_input(slug: str) -> str:
    """The name of a transformer: the default model, one that ships, one of the session's own, or a typed one."""
    titles = {card.name: card.title for card in loading.catalog() if card.family == "transformer"}
    first = loading.default_model()
    names = [first, *(name for name in titles if name != first)]
    return controls.pick(
        f"{slug}_model",
        "Transformer",
        names,
        lambda name: titles.get(name, name),
        "Choose one, or type a Hugging Face id (owner/name) or a folder on the machine where this app runs.",
    )


def look_at(slug: str, name: str, text: str, without: Ablation = NOTHING, *, who: str = "") -> Look | None:
    """What a model computes of a text; None if it can't be had, and the reader has been told why.

    Args:
        slug: of the page.
        name: of the model.
        text: to be read, after the start token.
        without: what is taken out.
        who: tells several texts that are read at once apart.
    """
    used = _loaded(slug, name, who)
    if used is None:
        return None
    name, lm = used

    def read(words: str) -> _Read:
        ids = [lm.tokenizer.start_id, *prompt.chosen_ids(words, lm.tokenizer)]
        return _Read(tuple(ids[:MOST]), max(0, len(ids) - MOST))

    def example() -> _Read:
        try:
            return read(TEXT)
        except ModelError:
            return _Read((lm.tokenizer.start_id,), 0)

    # Of each model its own: tokens of one are none of another.
    one = controls.last_good(f"{slug} look {who} {name}", lambda: read(text), example)

    def work(_: Ticket) -> _Opened:
        inside = opened(lm)
        return _Opened(inside, inside.trace(one.ids, without))

    seen = waiting.waited(f"{slug} look {who}", (name, one.ids, without), work, "Looking inside")
    if seen is None:
        return None
    if one.left_out:
        st.caption(f"The first {MOST - 1} of {MOST - 1 + one.left_out:,} tokens.")
    return Look(name, lm, seen.inside, seen.trace, one.left_out)


def _loaded(slug: str, name: str, who: str) -> tuple[str, LanguageModel] | None:
    """A transformer and its name: the one asked for, or one that ships and a word why; None if none can be had."""
    place, found = st.empty(), list[tuple[str, LanguageModel]]()
    with controls.explained_errors(st.empty(), f"{slug} model {who}", still=" Another model is shown."):
        lm = loading.model(name, place)
        opened(lm)
        found.append((name, lm))
    if not found:
        with controls.explained_errors(st.empty(), f"{slug} small model {who}"):
            found.append(_small(place))
    return found[0] if found else None


def _small(place: DeltaGenerator) -> tuple[str, LanguageModel]:
    """A transformer that ships.

    Raises:
        ModelError: none does.
    """
    name = next((card.name for card in registry.catalog() if card.name.startswith("transformer-")), None)
    if name is None:
        raise ModelError("No small transformer comes with this copy of the app: choose another model.")
    return name, loading.model(name, place)


def counted(name: str, label: str, of: int) -> int:
    """One of several layers or heads, counted from 1 on screen, from 0 here; where there is only one, none is asked."""
    return controls.count(name, label, 1, 1, of) - 1 if of > 1 else 0


def place_input(slug: str, look: Look) -> int:
    """The place whose next token is looked at; the last one at first."""
    last = len(look.ids) - 1
    if not last:
        return 0
    # Counted from the end, so that a longer text goes on showing its own last token.
    back = controls.count(f"{slug}_back", "Tokens before the end", 0, 0, last, "0: what follows the whole text.")
    return last - back


def target_input(slug: str, name: str, label: str, look: Look, place: int, *, none: str | None = None) -> int | None:
    """A next token, the most probable ones on offer; another may be typed.

    Args:
        slug: of the page.
        name: of the parameter, without the slug.
        label: what the token is called there.
        look: whose logits.
        place: after which the token comes.
        none: what choosing none is called, which then is the default and gives None; else the best guess is.
    """
    best = look.trace.logits[place].topk(OFFERED).indices.tolist()
    words = look.lm.tokenizer.tokens(best)
    offered = dict(zip(words, best, strict=True))
    wanted = controls.pick(
        f"{slug}_{name}",
        label,
        ["", *offered],
        lambda one: one or none or f"{words[0]} (the best guess)",
        "Choose one, or type another.",
    )
    default = best[0] if none is None else None
    if not wanted or wanted in offered:
        return offered.get(wanted, default)
    found = default
    with controls.explained_errors(st.empty(), name):
        found = one_token(look, wanted, place)
    return found  # noqa: RET504 - after an error it is the default


def asked_inputs(slug: str, look: Look, none: str) -> tuple[int, int, int | None]:
    """After which token, which next token, and against which other one; `none` is what no other is called."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        place = place_input(slug, look)
        token = target_input(slug, "target", "Next token", look, place)
        against = target_input(slug, "against", "Against", look, place, none=none)
    return place, int(look.trace.logits[place].argmax()) if token is None else token, against


def one_token(look: Look, typed: str, place: int) -> int:
    """The token that was typed; of the two with and without a space before it the more probable one there.

    Raises:
        ModelError: it is none, or several.
    """
    tokenizer, logits = look.lm.tokenizer, look.trace.logits[place]
    word = typed.replace("␣", " ")
    cut = [tokenizer.encode(written) for written in (word, f" {word}")]
    single = [ids[0] for ids in cut if len(ids) == 1 and ids[0] != tokenizer.unk_id]
    if not single:
        why = "not in the vocabulary" if cut[0] == [tokenizer.unk_id] else f"{len(cut[0])} tokens, not one"
        raise ModelError(f"{typed!r} is {why} of this model: choose another next token.")
    return max(single, key=lambda token: float(logits[token]))
