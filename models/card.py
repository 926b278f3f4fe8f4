"""What is known of a model before its weights are loaded."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """Facts about one model, shown wherever its numbers are shown.

    A fact that only the loaded weights can tell (a hash, the size of an unknown model) is None until then.
    """

    name: str
    title: str
    family: str
    corpus: str
    licence: str
    source: str
    precision: str
    parameters: int | None = None
    vocab_size: int | None = None
    block_size: int | None = None
    start_token: str | None = None
    end_token: str | None = None
    perplexity: float | None = None  # per token, on `held_out`
    bits_per_character: float | None = None  # on `held_out`
    held_out: str | None = None
    sha256: str | None = None
    can: frozenset[str] = frozenset()
