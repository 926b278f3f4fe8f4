"""Trains a network on any text, one sentence a line, and writes a folder that the app can load.

    python -m models.training lstm --corpus FILE     also rnn, gru, feedforward; of characters with --characters

`models.load` takes the folder's path as a name, and so does the app. A command that was stopped goes on when it is
given again.
"""

import argparse
import math
import time
from pathlib import Path

from tqdm import tqdm

from models import device
from models.card import ModelCard
from models.errors import ModelError
from models.mixers import neural_files, neural_folder
from models.mixers.feedforward import FeedForwardConfig
from models.mixers.neural_files import Config, network_of
from models.mixers.neural_lm import NeuralLM
from models.mixers.recurrent import CELLS, RecurrentConfig
from models.prediction import Decoding, generate
from models.tokens.words import START_ID
from models.training import lines
from models.training.batches import Sentences
from models.training.loop import Look, TrainingSettings
from models.training.next_token import LanguageTraining, training_of

_EVERY = 30.0  # seconds between two checkpoints
_SAMPLE = 25  # tokens


def config_of(given: argparse.Namespace, vocab_size: int) -> Config:
    """The shape that was asked for."""
    sizes = {"vocab_size": vocab_size, "n_embd": given.n_embd, "n_hidden": given.n_hidden}
    if given.model in CELLS:
        return RecurrentConfig(cell=given.model, n_layer=given.layers, **sizes)
    return FeedForwardConfig(context=given.context, start_id=START_ID, **sizes)


def train(given: argparse.Namespace) -> None:
    """Trains as the command says."""
    text = lines.read(given.corpus.read_text(encoding="utf-8"), characters=given.characters, most=given.words)
    tokenizer = text.tokenizer
    settings = TrainingSettings(epochs=given.epochs, learning_rate=given.learning_rate, dropout=given.dropout)
    device.threads()
    network = network_of(config_of(given, tokenizer.vocab_size)).to(device.pick())
    learned, held_out = Sentences(text.learned, given.batch), Sentences(text.held_out, given.batch)
    training = training_of(network, learned, settings, held_out)
    checkpoint = given.out / "checkpoint.pt"
    given.out.mkdir(parents=True, exist_ok=True)
    if checkpoint.is_file():
        training.resume(checkpoint)
    card = ModelCard(
        name=str(given.out),
        title=f"{given.model} of {'characters' if given.characters else 'words'}, {given.corpus.name}",
        family=neural_files.kind_of(network.config),
        corpus=f"{given.corpus.name}: {len(text.learned):,} lines, {text.tokens:,} tokens",
        licence="that of the text",
        source=f"python -m models.training {given.model}",
        precision="float32",
        parameters=sum(weights.numel() for weights in network.parameters()),
        vocab_size=tokenizer.vocab_size,
        start_token="<s>",
        end_token="</s>",
    )
    _follow(training, checkpoint, NeuralLM(network, tokenizer, card))
    network.load_state_dict(training.best or network.state_dict())
    neural_folder.save(given.out, network, tokenizer, card)
    checkpoint.unlink(missing_ok=True)


def _follow(training: LanguageTraining, checkpoint: Path, lm: NeuralLM) -> None:
    """Trains with a bar; a checkpoint now and then, and a sample after each look at the held-out lines."""
    saved = time.monotonic()
    with tqdm(total=training.steps, initial=training.done, unit="step") as bar:
        for event in training:
            if isinstance(event, Look):
                steps = list(generate(lm, "", Decoding(seed=event.step), max_tokens=_SAMPLE))
                text = lm.tokenizer.decode([step.token_id for step in steps])
                bar.write(f"step {event.step}: held-out perplexity {math.exp(event.held_out_loss):.1f}   {text!r}")
            else:
                bar.update()
                bar.set_postfix(loss=f"{event.loss:.3f}", tokens_per_second=f"{event.tokens / event.seconds:,.0f}")
            if time.monotonic() - saved > _EVERY:
                training.save(checkpoint)
                saved = time.monotonic()


def main() -> None:
    """Reads the command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("model", choices=[*CELLS, "feedforward"])
    options.add_argument("--corpus", type=Path, required=True, help="a text in UTF-8")
    options.add_argument("--out", type=Path, default=Path("out/model"), help="the folder that is written")
    options.add_argument("--characters", action="store_true", help="tokens are characters, not words")
    options.add_argument("--words", type=int, default=16_000, help="so many tokens are kept, the most frequent")
    options.add_argument("--n-embd", type=int, default=128)
    options.add_argument("--n-hidden", type=int, default=256)
    options.add_argument("--layers", type=int, default=1, help="of a recurrent network")
    options.add_argument("--context", type=int, default=4, help="tokens that a feed-forward network sees")
    options.add_argument("--epochs", type=float, default=5.0)
    options.add_argument("--batch", type=int, default=32, help="lines")
    options.add_argument("--learning-rate", type=float, default=2e-3)
    options.add_argument("--dropout", type=float, default=0.1)
    given = options.parse_args()
    try:
        train(given)
    except (ModelError, OSError, UnicodeDecodeError) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
