"""Errors that are written for the person at the keyboard."""


class ModelError(ValueError):
    """What the user asked for can't be done; the message says what is wrong and what to do."""


class TextTooLong(ModelError):
    """A text of more tokens than can be looked at; `kept` is the end of it that would do."""

    def __init__(self, message: str, kept: str) -> None:
        super().__init__(message)
        self.kept = kept
