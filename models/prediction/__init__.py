"""Prediction: free functions over any language model."""

from models.prediction.decoding import Decoding, Step, generate
from models.prediction.scoring import NextToken, Score, next_token, score

__all__ = ["Decoding", "NextToken", "Score", "Step", "generate", "next_token", "score"]
