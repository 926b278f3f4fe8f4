"""Prompts that no model has read before."""

import random

# Each is one token of SmolLM2, with a space before it and without.
_WORDS = """
time year people way day man thing woman life child world school state family student group country problem hand part
place case week company system program question work government number night point home water room mother area money
story fact month lot right study book eye job word business issue side kind head house service friend father power hour
game line end member law car city community name president team minute idea kid body information back parent face
others level office door health person art war history party result change reason research girl moment air teacher
force education river stone music light tree bird winter summer king road ship letter market paper table window
language science brother doctor horse fire snow
"""
WORDS = _WORDS.split()


def fresh_prompt(number: int, tokens: int = 20) -> str:
    """The prompt of that number. Up to `len(WORDS)` of them in a row differ in their first token already."""
    first = WORDS[number % len(WORDS)]
    return " ".join([first, *random.Random(number).choices(WORDS, k=tokens - 1)])
