"""Tokenizers that give the contract's ids, visible tokens and character spans."""

from collections.abc import Sequence

from tokenizers import Tokenizer as Backend
from tokenizers import decoders, pre_tokenizers, trainers
from tokenizers.models import BPE

from models.errors import ModelError
from models.tokens.visible import visible
from models.tokens.words import END, END_ID, START, START_ID

_MOST_LEARNT = 20_000  # sentences; more change the pieces little, and learning can't be stopped


def byte_alphabet() -> dict[str, int]:
    """The byte that each printable stand-in of byte-level BPE means (Radford et al. 2019, GPT-2).

    Printable bytes stand for themselves; the other 68 take the characters from U+0100 on, in order.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}


def learned_subwords(sentences: Sequence[str], most: int) -> "SubwordTokenizer":
    """Byte-level byte-pair encoding learnt on the first sentences: all 256 bytes, then the most frequent pairs.

    Args:
        sentences: the text.
        most: tokens of the vocabulary; fewer where the text has no more pairs.
    """
    backend = Backend(BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=most, special_tokens=[START, END], initial_alphabet=list(byte_alphabet()), show_progress=False
    )
    backend.train_from_iterator(sentences[:_MOST_LEARNT], trainer)
    return SubwordTokenizer(
        backend,
        vocab_size=backend.get_vocab_size(),
        start_id=START_ID,  # the trainer numbers its special tokens first
        end_id=END_ID,
    )


class SubwordTokenizer:
    """A pretrained model's own subwords, with every id and byte visible.

    Special tokens typed as text are text: only `start_id` and `end_id` ever put one into a history.
    """

    def __init__(self, backend: Backend, *, vocab_size: int, start_id: int, end_id: int | None) -> None:
        backend.encode_special_tokens = True
        backend.no_truncation()
        backend.no_padding()
        self._backend = backend
        self.vocab_size = vocab_size
        self.start_id = start_id
        self.end_id = end_id
        self._added = {token_id: token.content for token_id, token in backend.get_added_tokens_decoder().items()}
        unk_token = getattr(backend.model, "unk_token", None)
        self.unk_id: int | None = backend.token_to_id(unk_token) if unk_token else None
        self._byte_level = isinstance(backend.decoder, decoders.ByteLevel)
        self._bytes = byte_alphabet()
        self._missing = frozenset(
            byte for stand_in, byte in self._bytes.items() if self._byte_level and backend.token_to_id(stand_in) is None
        )

    def encode(self, text: str) -> list[int]:
        self._check(text)
        ids: list[int] = self._backend.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, token_ids: Sequence[int]) -> str:
        return str(self._backend.decode(list(token_ids), skip_special_tokens=False))

    def tokens(self, token_ids: Sequence[int]) -> list[str]:
        return [self._visible(token_id) for token_id in token_ids]

    def spans(self, text: str) -> list[tuple[int, int]]:
        self._check(text)
        offsets: list[tuple[int, int]] = self._backend.encode(text, add_special_tokens=False).offsets
        return offsets

    def _visible(self, token_id: int) -> str:
        if token_id in self._added:
            return visible(self._added[token_id].encode())
        piece = self._backend.id_to_token(token_id)
        if piece is None:  # rows that pad the table to a round size
            return f"⟨id {token_id}⟩"
        if self._byte_level:
            return visible(bytes(self._bytes[stand_in] for stand_in in piece))
        if piece.startswith("<0x") and piece.endswith(">") and len(piece) == 6:  # SentencePiece's byte fallback
            return visible(bytes.fromhex(piece[3:5]))
        return visible(piece.replace("▁", " ").encode())

    def _check(self, text: str) -> None:
        try:
            used = set(text.encode())
        except UnicodeEncodeError as error:
            lone = f"U+{ord(text[error.start]):04X}"
            raise ModelError(f"{lone} is half of a character and no text. Delete it.") from error
        if used & self._missing:
            character = next(c for c in text if self._missing.intersection(c.encode()))
            raise ModelError(
                f"{visible(character.encode())} can't be written in this model's vocabulary: "
                f"it has no token for byte {min(self._missing.intersection(character.encode())):#04x}. "
                "Delete it, or choose another model."
            )
