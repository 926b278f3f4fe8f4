"""What is taken out of a transformer, as the URL says it: "h3.1,a2,m5", layers and heads counted from 1."""

import re
from collections.abc import Iterable, Sequence

from models.mixers.inside import Ablation

_PART = re.compile(r"h([1-9]\d{0,3})\.([1-9]\d{0,3})|a([1-9]\d{0,3})|m([1-9]\d{0,3})")


def head(layer: int, number: int) -> str:
    """The name of a head; layers and heads counted from 0 here."""
    return f"h{layer + 1}.{number + 1}"


def attention(layer: int) -> str:
    """The name of all heads of a layer together."""
    return f"a{layer + 1}"


def mlp(layer: int) -> str:
    """The name of a layer's MLP."""
    return f"m{layer + 1}"


def token(place: int, token_id: int) -> str:
    """The name of a token of the text: in another text another one stands there, which is not hidden."""
    return f"{place}.{token_id}"


def decoded(parts: str, hidden: str, n_layer: int, n_head: int, ids: Sequence[int]) -> Ablation:
    """What two values of a URL take out of a network that reads these tokens; what is not there is passed over.

    >>> decoded("h2.1,m1,h9.9,x", "0.17,1.9", 2, 4, [17, 3])
    Ablation(heads=frozenset({(1, 0)}), attention=frozenset(), mlps=frozenset({0}), tokens=frozenset({0}))
    """
    heads, attentions, mlps = set[tuple[int, int]](), set[int](), set[int]()
    for found in filter(None, map(_PART.fullmatch, parts.split(","))):
        of, number, whole, third = (None if digits is None else int(digits) - 1 for digits in found.groups())
        if of is not None and number is not None and of < n_layer and number < n_head:
            heads.add((of, number))
        elif whole is not None and whole < n_layer:
            attentions.add(whole)
        elif third is not None and third < n_layer:
            mlps.add(third)
    wanted = set(hidden.split(","))
    tokens = frozenset(place for place, token_id in enumerate(ids) if token(place, token_id) in wanted)
    return Ablation(frozenset(heads), frozenset(attentions), frozenset(mlps), tokens)


def names(without: Ablation) -> list[str]:
    """The parts that are taken out, from the first layer to the last.

    >>> names(Ablation(heads=frozenset({(10, 0), (1, 0)}), mlps=frozenset({0})))
    ['m1', 'h2.1', 'h11.1']
    """
    found = [(layer, 0, number, head(layer, number)) for layer, number in without.heads]
    found += [(layer, 1, 0, attention(layer)) for layer in without.attention]
    found += [(layer, 2, 0, mlp(layer)) for layer in without.mlps]
    return [name for *_, name in sorted(found)]


def encoded(chosen: Iterable[str]) -> str | None:
    """Names as one value of a URL; None: nothing."""
    return ",".join(chosen) or None
