"""Sequence mixing: models that turn a history into scores of the next token."""
