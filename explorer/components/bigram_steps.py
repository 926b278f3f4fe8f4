"""The two algorithms of the bigram model, stepped in the browser: counting pairs, and writing from the counts."""

from collections.abc import Sequence
from typing import TypedDict

from explorer.components import register

_component = register("bigram_steps", shared=("made", "player"))


class PairStep(TypedDict):
    """One pair of the text: the token at `place` and the one after it."""

    place: int
    line: int  # of the code
    said: str


class ChoiceStep(TypedDict):
    """One token that was chosen after a history, among its followers and their counts."""

    history: str
    followers: list[tuple[str, int]]
    of: int
    token: str
    line: int
    said: str


def pre_training(
    tokens: Sequence[str], breaks: Sequence[int], steps: Sequence[PairStep], code: Sequence[str], **words: str
) -> None:
    """Mounts the counting of pairs.

    Args:
        tokens: of the text, the starts and the ends of its sentences among them.
        breaks: the places where sentences begin.
        steps: a pair each.
        code: the algorithm, line by line.
        words: key, colour, mark, begun, ended.
    """
    _mount("train", steps, code, {"tokens": list(tokens), "breaks": list(breaks)}, words)


def inference(start: str, steps: Sequence[ChoiceStep], code: Sequence[str], **words: str) -> None:
    """Mounts the writing of a text, token by token.

    Args:
        start: the start token.
        steps: a token each.
        code: the algorithm, line by line.
        words: key, colour, mark, begun, ended.
    """
    _mount("infer", steps, code, {"start": start}, words)


def _mount(
    mode: str,
    steps: Sequence[PairStep] | Sequence[ChoiceStep],
    code: Sequence[str],
    more: dict[str, object],
    words: dict[str, str],
) -> None:
    key = words.pop("key")
    data = {"mode": mode, "steps": list(steps), "code": list(code), "at": 1, **more, **words}
    _component(key=key, data=data, height="content")
