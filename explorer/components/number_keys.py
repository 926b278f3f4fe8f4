"""Number keys as a way to choose: 1 to 9, then 0, while no text is being typed."""

from collections.abc import Callable

import streamlit as st

from explorer.components import register

_component = register("number_keys", css=False)
_KEY = "number_keys"


def number_keys(choices: list[int], version: str, on_choice: Callable[[int], None]) -> None:
    """Listens; a press of the i-th key calls `on_choice(choices[i])`.

    Args:
        choices: what the keys stand for.
        version: another one for each new set of choices; a press waits until the last one has brought a new version.
        on_choice: is called with the choice.
    """

    def chosen() -> None:
        pressed = st.session_state[_KEY].pressed
        if isinstance(pressed, int):
            on_choice(pressed)

    _component(key=_KEY, data={"choices": choices[:10], "version": version}, on_pressed_change=chosen, height=1)
