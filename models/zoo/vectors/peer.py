"""gensim's word2vec, to be compared with ours. gensim is imported where it is asked for: it need not be installed."""

import tempfile
import time
from pathlib import Path
from typing import Any

from models.tokens.running_words import RunningWords
from models.tokens.word2vec import Settings

_STRETCH = 1_000  # words of a line of gensim's file


def trained(text: RunningWords, settings: Settings, least: int, threads: int) -> tuple[Any, float]:
    """gensim's skip-gram with the same settings on the same text, and the seconds of training alone.

    Args:
        text: what is learned from.
        settings: how.
        least: how often a word must occur.
        threads: that learn at once.
    """
    from gensim.models import Word2Vec

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        with path.open("w", encoding="utf-8") as file:
            for start in range(0, len(text.ids), _STRETCH):
                file.write(" ".join(text.words[i] for i in text.ids[start : start + _STRETCH]) + "\n")
        model = Word2Vec(
            vector_size=settings.n_embd,
            window=settings.window,
            negative=settings.negatives,
            sample=settings.subsample,
            alpha=settings.learning_rate,
            min_count=least,
            workers=threads,
            sg=1,
            seed=settings.seed,
        )
        model.build_vocab(corpus_file=str(path))
        began = time.perf_counter()
        model.train(
            corpus_file=str(path),
            total_examples=model.corpus_count,
            total_words=model.corpus_total_words,
            epochs=settings.epochs,
        )
        return model, time.perf_counter() - began
