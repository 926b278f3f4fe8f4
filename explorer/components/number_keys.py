"""Number keys as a way to choose: 1 to 9, then 0, while no text is being typed."""

import streamlit as st

from explorer.components import register

_component = register("number_keys", css=False)
_KEY = "number_keys"


def number_keys(choices: list[int], on_choice: object) -> None:
    """Listens; a press of the i-th key calls `on_choice(choices[i])`."""

    def chosen() -> None:
        pressed = st.session_state[_KEY].pressed
        if pressed in choices and callable(on_choice):
            on_choice(pressed)

    _component(key=_KEY, data={"choices": choices[:10]}, on_pressed_change=chosen, height=1)
