"""Penn Treebank test perplexity of interpolated modified Kneser-Ney, orders 2 to 5.

    python -m benchmarks.ptb_ngrams FOLDER

FOLDER holds ptb.train.txt and ptb.test.txt, plain or compressed with xz (Mikolov's preprocessing). Conventions: one
start token a line, the end of the line is predicted, <unk> is a word, no count is cut off, and below the unigrams all
10,000 predictable tokens are equally probable. The peer's figures come from another implementation on the same files.
"""

import lzma
import math
from pathlib import Path

from benchmarks.report import Row, parser, show
from models.mixers.ngrams import Counts, count
from models.mixers.smoothing import KneserNey

PEER = {2: 185.70, 3: 148.28, 4: 142.72, 5: 141.19}


def lines(folder: Path, split: str) -> list[list[str]]:
    plain = folder / f"ptb.{split}.txt"
    if plain.is_file():
        return [line.split() for line in plain.read_text().splitlines()]
    with lzma.open(folder / f"ptb.{split}.txt.xz", "rt") as file:
        return [line.split() for line in file]


def main() -> None:
    options = parser(__doc__)
    options.add_argument("folder", type=Path)
    arguments = options.parse_args()
    train, test = lines(arguments.folder, "train"), lines(arguments.folder, "test")
    words = sorted({word for line in train for word in line})
    ids = {word: token_id for token_id, word in enumerate(words)}
    end, start = len(words), len(words) + 1
    closed = [[start, *(ids[word] for word in line), end] for line in train]
    counts = count(closed, max(PEER), vocab_size=len(words) + 2, start_id=start)
    rows = []
    for order, peer in PEER.items():
        model = KneserNey(Counts(counts.vocab_size, start, counts.ngrams[:order], counts.counts[:order]))
        total, tokens = 0.0, 0
        for line in test:
            text = [start, *(ids[word] for word in line), end]
            for place in range(1, len(text)):
                total += math.log(model.probs(text[:place])[text[place]])
                tokens += 1
        rows.append(Row(f"{order}-grams, test", math.exp(-total / tokens), "perplexity", peer, 1.01))
    show(rows, as_json=arguments.json)


if __name__ == "__main__":
    main()
