"""Prediction: free functions over any language model."""

from models.prediction.decoding import Decoding
from models.prediction.generating import Hypothesis, Step, beam_search, generate, generate_batch
from models.prediction.scoring import NextToken, Score, next_token, score, score_batch

__all__ = [
    "Decoding",
    "Hypothesis",
    "NextToken",
    "Score",
    "Step",
    "beam_search",
    "generate",
    "generate_batch",
    "next_token",
    "score",
    "score_batch",
]
