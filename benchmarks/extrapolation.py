"""Longer than trained: how far each scheme of positions lets the perplexity rise at four times the trained length.

    python -m benchmarks.extrapolation [CORPUS]

With CORPUS, a folder that models.zoo.corpus made, the small transformers that ship read its held-out text anew; without
it the figures that ship are reported. Press, Smith and Lewis (2022, figure 1) trained on 512 tokens and more: there
ALiBi did not rise, RoPE and T5's bias did in time, sinusoids soon and steeply. Whether so small models, trained on 64
tokens, do as those did is what the goals ask; a goal that is not met is a result too.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch

from benchmarks.report import Row, note, parser, show
from models.tokens.positions import SCHEMES
from models.zoo import extrapolation
from models.zoo.extrapolation import TRAINED

_FAR = 4 * TRAINED
_STEEP = 1.2  # times the perplexity at the trained length
_STEEPLY = ("sinusoidal", "learned")
_TITLES = SCHEMES | {"none": "No positions"}


def shipped() -> dict[str, float]:
    """The rise of each scheme, as the figures that ship have it."""
    return {scheme: curve.rise(_FAR) for scheme, curve in extrapolation.shipped().curves.items()}


def measured(corpus: Path) -> dict[str, float]:
    """The same, read anew."""
    torch.set_num_threads(1)
    ids, rises = extrapolation.held_out(corpus), dict[str, float]()
    for scheme, name in zip(SCHEMES, extrapolation.NAMES, strict=True):
        network = extrapolation.network_of(name)
        near, far = (extrapolation.read(network, ids, length).loss for length in (TRAINED, _FAR))
        rises[scheme] = math.exp(far - near)
        note(f"{_TITLES[scheme]}: perplexity {math.exp(near):.2f} at {TRAINED} tokens, {math.exp(far):.2f} at {_FAR}")
    return rises


def rows(rises: Mapping[str, float]) -> Iterator[Row]:
    """What each scheme does against ALiBi, and the goals."""
    alibi = rises["alibi"]
    for scheme, rise in rises.items():
        yield Row(f"{_TITLES[scheme]}: perplexity at {_FAR}, of that at {TRAINED}", 100 * rise, "%", 100 * alibi)
    others = {scheme: rise for scheme, rise in rises.items() if scheme != "alibi"}
    least = min(others, key=others.__getitem__)
    yield Row(f"ALiBi rises least (next: {_TITLES[least]})", 100 * alibi, "%", 100 * others[least], goal=1.0)
    for scheme in _STEEPLY:
        name = f"{_TITLES[scheme]} rises steeply: perplexity at {TRAINED}, of that at {_FAR}"
        yield Row(name, 100 / rises[scheme], "%", goal=round(100 / _STEEP, 1))


def main() -> None:
    options = parser(__doc__)
    options.add_argument("corpus", type=Path, nargs="?")
    given = options.parse_args()
    show(rows(measured(given.corpus) if given.corpus else shipped()), as_json=given.json)


if __name__ == "__main__":
    main()
