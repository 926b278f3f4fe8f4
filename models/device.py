"""Where and how torch computes: one place decides."""

import os
import statistics
import time
from functools import cache
from pathlib import Path

import torch

from models.errors import ModelError

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def pick() -> torch.device:
    """The device for models: `LM_EXPLORER_DEVICE` when set, else cuda, else mps, else cpu."""
    wanted = os.environ.get("LM_EXPLORER_DEVICE")
    if wanted:
        try:
            return torch.device(wanted)
        except RuntimeError as error:
            message = f"LM_EXPLORER_DEVICE={wanted!r} is no device that torch knows: use cpu, cuda or mps."
            raise ModelError(message) from error
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def dtype() -> torch.dtype:
    """The precision of pretrained weights: float32, or what `LM_EXPLORER_DTYPE` names."""
    wanted = os.environ.get("LM_EXPLORER_DTYPE", "float32")
    if wanted not in _DTYPES:
        raise ModelError(f"LM_EXPLORER_DTYPE={wanted!r} is not known: use {' or '.join(_DTYPES)}.")
    return _DTYPES[wanted]


@cache
def threads() -> int:
    """Threads for one forward pass, set in torch once a process; `workers` passes run side by side.

    Twice the threads must make a pass nearly twice as fast even in its slow turns, or they serve more readers as
    workers of their own; and beside a busy neighbour two threads were seen to be ten times slower than one.
    """
    cores = _cores()
    best = 1
    fastest = _seconds(1)
    while best * 2 <= cores:
        seconds = _seconds(best * 2)
        if fastest < 1.8 * seconds:
            break
        best, fastest = best * 2, seconds
    torch.set_num_threads(best)
    return best


def workers() -> int:
    """How many forward passes may run at once without taking each other's cores."""
    if pick().type != "cpu":
        return 1
    return max(1, _cores() // threads())


def free_memory() -> int | None:
    """Bytes that are free for models, on the GPU, else in the machine or its container; None where it can't be told."""
    if pick().type == "cuda":
        return int(torch.cuda.mem_get_info(pick())[0])
    try:
        meminfo = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(meminfo["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no container, or one without a limit
        return free
    return min(free, limit - used)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _seconds(count: int) -> float:
    """Seconds of a matrix product of the size that a 20-token prompt needs, on `count` threads, in a slow turn."""
    torch.set_num_threads(count)
    hidden, weight = torch.ones(20, 576), torch.ones(576, 1536)
    turns = []
    for _ in range(30):
        before = time.perf_counter()
        torch.mm(hidden, weight)
        turns.append(time.perf_counter() - before)
    return statistics.quantiles(turns, n=10)[-1]
