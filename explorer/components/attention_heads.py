"""The attention maps of a layer's heads, small, side by side; one of them is chosen."""

import base64
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

from explorer import style
from explorer.components import register

_component = register("attention_heads", shared=("made", "heat"))
_REACH, _BLANK = 127, -128


def attention_heads(
    names: Sequence[str],
    said: Sequence[str],
    maps: ArrayLike,
    chosen: int,
    *,
    key: str,
    on_choice: Callable[[int], None],
) -> None:
    """Mounts the maps.

    Args:
        names: of the maps, short.
        said: what each is, for who can't see it.
        maps: from -1 to 1, what is no number stays blank; shape (map, query, key).
        chosen: which map is.
        key: of the component.
        on_choice: is called with the map that the reader chose.
    """

    def heard() -> None:
        choice = st.session_state[key].choice
        if isinstance(choice, int) and 0 <= choice < len(names):
            on_choice(choice)

    values = np.asarray(maps, dtype=np.float32)
    data = {
        "names": list(names),
        "said": list(said),
        "size": values.shape[-1],
        "maps": _bytes(values),
        "reach": _REACH,
        "blank": _BLANK,
        "chosen": chosen,
        "colours": [style.PROBABILITY, style.SURPRISAL],
        "mark": style.DECIDES,
    }
    _component(key=key, data=data, on_choice_change=heard, height="content")


def _bytes(values: np.ndarray) -> str:
    """One byte a number, base64: colours have no more steps."""
    steps = np.where(np.isfinite(values), np.rint(np.clip(values, -1, 1) * _REACH), _BLANK)
    return base64.b64encode(steps.astype(np.int8).tobytes()).decode("ascii")
