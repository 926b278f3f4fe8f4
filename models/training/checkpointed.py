"""A long training that loses little when it is stopped: it is kept in a file, and goes on from there."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.training.loop import B, Look, N, Training

_EVERY = 60.0  # seconds


def looks(training: Training[N, B], checkpoint: Path, log: logging.Logger) -> Iterator[Look]:
    """Works to the end, and gives the looks at what is held out; every minute it is kept, and says how it goes.

    Args:
        training: goes on where the checkpoint was made, if there is one.
        checkpoint: the file.
        log: where it says so.
    """
    if checkpoint.is_file():
        training.resume(checkpoint)
    kept, losses = time.monotonic(), list[float]()
    for event in training:
        if isinstance(event, Look):
            yield event
            continue
        losses.append(event.loss)
        if time.monotonic() - kept > _EVERY:
            training.save(checkpoint)
            kept = time.monotonic()
            pace, loss = event.tokens / event.seconds, float(np.mean(losses))
            log.info("step %d of %d, %.0f tokens/s, loss %.3f", event.step, training.steps, pace, loss)
            losses.clear()
    training.save(checkpoint)
