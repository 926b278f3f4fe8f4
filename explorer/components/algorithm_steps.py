"""An algorithm that runs over a text line by line, with the values of each line; stepped through in the browser."""

from collections.abc import Sequence
from typing import Literal, TypedDict

from explorer import style
from explorer.components import register

_component = register("algorithm_steps", shared=("made", "player", "heat"))


class Part(TypedDict):
    """Numbers that stand together in a vector."""

    label: str
    data: str  # of `encoded`


class Block(TypedDict, total=False):
    """What a line computes."""

    kind: Literal["words", "vectors", "bars"]
    line: int
    name: str  # what a vector is called
    said: str  # one line of words, with numbers
    parts: list[Part]  # of a vector
    rows: list[tuple[str, float, str, bool]]  # of bars: name, share of the longest, number, whether it is the target


class Position(TypedDict):
    """One turn of the loop."""

    reads: list[int]  # the tokens that it sees
    target: int  # the token that it is to predict; -1: none
    blocks: list[Block]


def algorithm_steps(
    code: Sequence[str],
    tokens: Sequence[str],
    positions: Sequence[Position],
    *,
    version: str,
    key: str,
    written: int | None = None,
) -> None:
    """Mounts the algorithm; at first all its lines are done.

    Args:
        code: its lines.
        tokens: visible forms.
        positions: the turns of its loop.
        version: what these values belong to; another one begins at its end.
        key: of the component.
        written: the line at which a turn's target is known, if it is not before.
    """
    data = {
        "code": list(code),
        "tokens": list(tokens),
        "positions": list(positions),
        "version": version,
        "grows": written is not None,
        "written": written,
        "colours": [style.PROBABILITY, style.SURPRISAL],
        "mark": style.DECIDES,
        "bar": style.PROBABILITY,
    }
    _component(key=key, data=data, height="content")
