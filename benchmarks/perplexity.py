"""What a model's card says of held-out text: python -m benchmarks.perplexity FILE [--model NAME].

FILE is UTF-8, one paragraph a line; a `.xz` is read as it is.
"""

import lzma
import math
from pathlib import Path

import models
from benchmarks.report import Row, note, parser, show
from models.prediction import score


def paragraphs(path: Path, every: int, most: int) -> list[str]:
    """Every so-manieth paragraph of 60 to 200 words, so that they come from different articles."""
    with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as file:
        long = (line.strip() for line in file if 60 <= len(line.split()) <= 200 and not line.startswith("<"))
        return [line for i, line in zip(range(every * most), long) if i % every == 0]


def main() -> None:
    """Prints perplexity per token and bits per character."""
    options = parser(__doc__)
    options.add_argument("file", type=Path)
    options.add_argument("--model", default="smollm2-135m-q4")
    arguments = options.parse_args()
    lm = models.load(arguments.model, note)
    scores = [score(lm, text) for text in paragraphs(arguments.file, every=40, most=100)]
    tokens, characters = sum(len(one.token_ids) for one in scores), sum(len(one.text) for one in scores)
    nats = -sum(one.total for one in scores)
    rows = [
        Row(f"perplexity, {tokens:,} tokens", math.exp(nats / tokens), "a token"),
        Row(f"bits per character, {characters:,} characters", nats / characters / math.log(2), "bits"),
    ]
    show(rows, as_json=arguments.json)


if __name__ == "__main__":
    main()
