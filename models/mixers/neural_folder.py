"""A trained model in a folder of its own: network, vocabulary, card. `models.load` takes the folder's path."""

from pathlib import Path

from models.card import ModelCard, read_cards, write_cards
from models.errors import ModelError
from models.mixers import neural_files
from models.mixers.network import Network
from models.mixers.neural_lm import NeuralLM
from models.tokens.words import CharacterTokenizer, CountedTokenizer, WordTokenizer

NETWORK = "network.safetensors"
_PIECES = {"words.txt": WordTokenizer, "characters.txt": CharacterTokenizer}


def save(folder: Path, network: Network, tokenizer: CountedTokenizer, card: ModelCard) -> None:
    """Writes a model; the network comes last, so a folder that has one is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    name = next(name for name, kind in _PIECES.items() if isinstance(tokenizer, kind))
    (folder / name).write_text("\n".join(map(_escaped, tokenizer.vocabulary)), encoding="utf-8")
    write_cards(folder / "cards.json", [card])
    neural_files.save(network, folder / NETWORK, small=False)


def load(folder: Path) -> NeuralLM:
    """The model of a folder.

    Raises:
        ModelError: something is missing there.
    """
    try:
        name = next(name for name in _PIECES if (folder / name).is_file())
        pieces = (folder / name).read_text(encoding="utf-8").split("\n")
        [card] = read_cards(folder / "cards.json")
    except (StopIteration, OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder} holds no whole model: train it again, or choose another folder.") from error
    return NeuralLM(neural_files.load(folder / NETWORK), _PIECES[name]([_plain(piece) for piece in pieces]), card)


def _escaped(piece: str) -> str:
    """On one line, whatever it holds."""
    return piece.encode("unicode_escape").decode("ascii")


def _plain(line: str) -> str:
    return line.encode("ascii").decode("unicode_escape")
