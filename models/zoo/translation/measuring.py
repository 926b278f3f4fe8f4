"""How good translations are, beside those of people: BLEU, as sacrebleu counts it.

Source: Papineni et al. 2002, BLEU: a Method for Automatic Evaluation of Machine Translation; Post 2018, A Call for
Clarity in Reporting BLEU Scores.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sacrebleu.metrics.bleu import BLEU

from models.tasks.translation_data import LONGEST, Pair
from models.tasks.translation_words import english

SENTENCE = "mean sentence BLEU-4"
_BINS = (3, 5, 7, 10, 14, LONGEST)  # the longest source of each, in words and signs


def references_of(pairs: Sequence[Pair]) -> dict[str, list[str]]:
    """All French translations of each English sentence."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        found.setdefault(pair.english, []).append(pair.french)
    return found


def bleu(translations: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[float, str]:
    """BLEU of a corpus, from 0 to 100, and sacrebleu's signature of how it was counted.

    Args:
        translations: of the sentences.
        references: of each sentence one or more.
    """
    most = max(map(len, references))
    # sacrebleu takes None where a sentence has fewer references than another; its types don't say so.
    streams: list[Any] = [[some[i] if i < len(some) else None for some in references] for i in range(most)]
    metric = BLEU()
    score = metric.corpus_score(list(translations), streams)
    return float(score.score), str(metric.get_signature())


def scores_of(
    ways: Mapping[str, Mapping[str, str]], references: Mapping[str, Sequence[str]]
) -> tuple[dict[str, float], str]:
    """What stands on a card, and sacrebleu's signature.

    Args:
        ways: by how it was searched, the translation of each English sentence.
        references: of each English sentence.
    """
    sentences, bleus, signature = dict[str, float](), dict[str, float](), ""
    for way, translations in ways.items():
        texts, theirs = [translations[one] for one in references], list(references.values())
        sentences[f"{SENTENCE}, {way}"] = round(mean_sentence_bleu(texts, theirs), 3)
        score, signature = bleu(texts, theirs)
        bleus[f"BLEU, {way}"] = round(score, 1)
    return sentences | bleus, signature


def mean_sentence_bleu(translations: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """The mean of BLEU of each pair by itself, with that one reference, from 0 to 1.

    Args:
        translations: of the sentences.
        references: of each sentence one or more; each makes a pair.
    """
    metric = BLEU(effective_order=True)
    scores = [
        metric.sentence_score(translation, [reference]).score
        for translation, some in zip(translations, references, strict=True)
        for reference in some
    ]
    return sum(scores) / len(scores) / 100


def by_length(translations: Mapping[str, str], references: Mapping[str, Sequence[str]]) -> list[tuple[str, int, float]]:
    """Source lengths, how many sentences have them, and the BLEU of these.

    Args:
        translations: of each English sentence.
        references: of each English sentence.
    """
    rows, shortest = [], 1
    for longest in _BINS:
        chosen = [one for one in translations if shortest <= len(english(one)) <= longest]
        if chosen:
            score, _ = bleu([translations[one] for one in chosen], [references[one] for one in chosen])
            rows.append((f"{shortest}–{longest}", len(chosen), round(score, 1)))
        shortest = longest + 1
    return rows
