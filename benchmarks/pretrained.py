"""What benchmarks of a pretrained model share: its name among the options, and the model itself."""

import argparse

import torch

import models
from benchmarks.report import note, parser
from models import registry
from models.mixers.pretrained import PretrainedLM


def model_parser(module_doc: str | None, turns: int) -> argparse.ArgumentParser:
    """Options with the model, and how often each side is measured."""
    options = parser(module_doc)
    options.add_argument("--model", default=registry.default_name(), help="a pretrained model's name")
    options.add_argument("--turns", type=int, default=turns, help="measured turns of each side")
    return options


def loaded(arguments: argparse.Namespace) -> PretrainedLM:
    """The model that is asked for; says how it is measured."""
    lm = models.load(arguments.model, note)
    if not isinstance(lm, PretrainedLM):
        raise SystemExit(f"{arguments.model} is no pretrained model: bare transformers can't run it.")
    note(f"{lm.card.title}, {lm.card.precision}, torch threads: {torch.get_num_threads()}, turns: {arguments.turns}")
    return lm
