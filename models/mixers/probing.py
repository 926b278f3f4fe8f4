"""What the hidden state of a recurrent network knows: of the text, and of the tokens that it read before.

A probe is a linear model that reads something off the hidden state; it is judged on what it did not learn from.

Sources: Karpathy, Johnson and Fei-Fei 2015, Visualizing and Understanding Recurrent Networks; Strobelt et al. 2018,
LSTMVis; Alain and Bengio 2017, Understanding Intermediate Layers Using Linear Classifier Probes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from models.errors import ModelError
from models.interfaces import Tokenizer
from models.mixers.network import State, keep
from models.mixers.recurrent import RecurrentNetwork

_CLOSED_BY = {'"': '"', "“": "”", "„": "“”", "«": "»"}
Values = Float[np.ndarray, " pos"]
Ids = Int[np.ndarray, "text pos"]
States = Float[np.ndarray, "text pos n_hidden"]


def _inside_quotes(text: str) -> Values:
    """1 between two quotation marks, which are not inside themselves; the end of the line closes what is open."""
    inside = np.zeros(len(text))
    closing = ""
    for place, char in enumerate(text):
        if not closing:
            closing = _CLOSED_BY.get(char, "")
        elif char in closing or char == "\n":
            closing = ""
        else:
            inside[place] = 1
    return inside


def _each(text: str, is_so: Callable[[str], bool]) -> Values:
    """1 for the characters that are so."""
    return np.array([is_so(char) for char in text], dtype=float)


def _since(text: str, is_end: Callable[[str], bool]) -> Values:
    """Steps since the last character that is an end, 0 at the end itself; the text begins after one."""
    places = np.arange(len(text))
    return (places - np.maximum.accumulate(np.where(_each(text, is_end), places, -1))).astype(float)


PROPERTIES: dict[str, Callable[[str], Values]] = {  # of a text: a number for each character
    "inside quotes": _inside_quotes,
    "vowel": lambda text: _each(text, "aeiouAEIOU".__contains__),
    "capital letter": lambda text: _each(text, str.isupper),
    "in a word": lambda text: _each(text, str.isalpha),
    "position in line": lambda text: _since("\n" + text, "\n".__contains__)[:-1],  # 0 for the first character
    "sentence length so far": lambda text: _since("\n" + text, ".!?\n".__contains__)[:-1],  # likewise
    "position in word": lambda text: _since(text, lambda char: not char.isalpha()),  # 1 for the first letter
    "after a space": lambda text: _each("\n" + text, " ".__contains__)[:-1],
}
YES_NO = frozenset({"inside quotes", "vowel", "capital letter", "in a word", "after a space"})


def correlations(h: Float[np.ndarray, "pos n_hidden"], y: Values) -> Float[np.ndarray, " n_hidden"]:
    """Pearson's r of each unit with y; 0 where the unit or y never changes.

    With y = 1 on a span and 0 elsewhere: which units are on exactly there.
    """
    r = np.zeros(h.shape[1])
    changes = (h != h[:1]).any(axis=0) & (y != y[:1]).any()
    if changes.any():
        units, wanted = h[:, changes] - h[:, changes].mean(axis=0, dtype=np.float64), y - y.mean(dtype=np.float64)
        r[changes] = wanted @ units / (np.linalg.norm(units, axis=0) * np.linalg.norm(wanted))
    return r.clip(-1, 1)


@dataclass(frozen=True)
class Probe:
    """How well something is read off the hidden state, in the last third: the probe learned from the other two."""

    score: float  # share of right answers, or R²: of variance explained, below 0 if the mean is better
    baseline: float  # the same of an answer that is always the same


def linear_probe(h: Float[np.ndarray, "pos n_hidden"], y: Values, is_yes_no: bool, ridge: float = 1.0) -> Probe:
    """Reads y, which is 0 or 1 if it is a matter of yes and no, off the state of the same position.

    `ridge` is the price of squared weights, for standardised units.

    Raises:
        ModelError: there are too few positions, or no difference to learn or to judge.
    """
    cut = 2 * len(y) // 3
    _check(cut, len(y) - cut)
    learned, asked = y[:cut], y[cut:]
    if (learned == learned[0]).all():
        raise ModelError("Two thirds of the text have none of it, or nothing else: choose another property or text.")
    found = _ridge(h[:cut], learned[:, None], h[cut:], ridge)[:, 0]
    if is_yes_no:
        usual = learned.mean() >= 0.5
        return Probe(float(((found >= 0.5) == (asked >= 0.5)).mean()), float(((asked >= 0.5) == usual).mean()))
    if (asked == asked[0]).all():
        raise ModelError("It never changes in the last third of the text: choose another property or text.")
    return Probe(float(1 - np.square(asked - found).mean() / asked.var()), 0.0)


def remembered(h: Float[np.ndarray, "text pos n_hidden"], ids: Ids, most: int, classes: int) -> list[Probe]:
    """How often the token that was read k steps before is read off the hidden state, for k = 0 ... most - 1.

    h[:, t] is the state after reading ids[:, t]. The probe of each k learns to tell the `classes` most frequent tokens
    apart, in the first two thirds of the texts; where another token was read it is not asked. All are asked at the
    same positions otherwise: those with `most` tokens to look back on, the one just read among them.

    Raises:
        ModelError: there are too few such positions.
    """
    cut = 2 * len(ids) // 3
    counts = np.bincount(ids[:cut].ravel())
    frequent = np.argsort(-counts, kind="stable")[: min(classes, np.count_nonzero(counts))]
    late, probes = h[:, most - 1 :], list[Probe]()
    for k in range(most):
        token = ids[:, most - 1 - k : max(0, ids.shape[1] - k)]
        counted = np.isin(token, frequent)
        learned, asked = token[:cut][counted[:cut]], token[cut:][counted[cut:]]
        _check(len(learned), len(asked))
        one_hot = (learned[:, None] == frequent).astype(float)
        scores = _ridge(late[:cut][counted[:cut]], one_hot, late[cut:][counted[cut:]], 1.0)
        named, usual = frequent[scores.argmax(axis=1)], frequent[one_hot.sum(axis=0).argmax()]
        probes.append(Probe(float((named == asked).mean()), float((usual == asked).mean())))
    return probes


@torch.no_grad()
def sampled(
    network: RecurrentNetwork,
    texts: int,
    length: int,
    start_id: int,
    seed: int,
    banned: Sequence[int] = (),
    progress: Callable[[int, int], object] = lambda *_: None,
) -> Int[np.ndarray, "texts length"]:
    """Texts that the network writes side by side, after the start token; the same seed gives the same texts.

    Banned tokens are never drawn. `progress` is told after each token how many there are and how many there will be.
    """
    generator = torch.Generator().manual_seed(seed)
    never = torch.tensor(list(banned), dtype=torch.long)
    ids = np.zeros((texts, length), dtype=np.int64)
    read, state = torch.full((texts, 1), start_id, device=network.bias.device), network.start(texts)
    for place in range(length):
        hidden, state = network(read, state)
        logits = network.logits(hidden[:, -1]).float().cpu().index_fill(1, never, -torch.inf)
        drawn = torch.multinomial(logits.softmax(-1), 1, generator=generator)[:, 0]
        ids[:, place], read = drawn.numpy(), drawn[:, None].to(read.device)
        progress(place + 1, length)
    return ids


@torch.no_grad()
def states(network: RecurrentNetwork, ids: Ids, start_id: int) -> tuple[States, States | None]:
    """h of the last layer after each token, and c of an LSTM; the start token is read first and has no row."""
    read = torch.from_numpy(np.pad(ids, ((0, 0), (1, 0)), constant_values=start_id)).to(network.bias.device)
    state, steps = network.start(len(read)), list[State]()
    for place in range(read.shape[1]):
        _, state = network.hidden(read[:, place : place + 1], state, keep)
        steps.append(tuple(part[-1] for part in state))
    h, *c = (torch.stack(parts[1:], dim=1).float().cpu().numpy() for parts in zip(*steps, strict=True))
    return h, c[0] if c else None


@torch.no_grad()
def states_by_line(network: RecurrentNetwork, tokenizer: Tokenizer, text: str) -> Float[np.ndarray, "pos n_hidden"]:
    """h of the last layer after each character of a text whose lines are read one by one, each from its start token.

    Networks are trained on lines. An end of line has the state from which the next line begins.

    Raises:
        ModelError: tokens are not characters.
    """
    rows = list[Float[np.ndarray, "some n_hidden"]]()
    for line in text.split("\n"):
        ids = tokenizer.encode(line)
        if len(ids) != len(line):
            raise ModelError("This model's tokens are not characters: choose another.")
        read = torch.tensor([[tokenizer.start_id, *ids]], device=network.bias.device)
        rows.append(network.hidden(read, network.start(1), keep)[0][0].float().cpu().numpy())
    found: Float[np.ndarray, "pos n_hidden"] = np.concatenate(rows)[1:]
    return found


def similar(h: Float[np.ndarray, "pos n_hidden"], place: int, most: int, apart: int) -> list[tuple[int, float]]:
    """Positions whose state points most nearly the same way, and the cosine; the best first.

    Each is at least `apart` positions from `place` and from the others: neighbours are alike anyway.
    """
    cosines = h @ h[place] / (np.linalg.norm(h, axis=1) * np.linalg.norm(h[place])).clip(np.finfo(h.dtype).tiny)
    near = max(1, apart) - 1
    found = [(place, 1.0)]
    while len(found) <= most:
        cosines[max(0, found[-1][0] - near) : found[-1][0] + near + 1] = -np.inf
        best = int(cosines.argmax())
        if cosines[best] == -np.inf:
            break
        found.append((best, float(cosines[best])))
    return found[1:]


def _ridge(
    x: Float[np.ndarray, "row n"], y: Float[np.ndarray, "row m"], asked: Float[np.ndarray, "_ n"], ridge: float
) -> Float[np.ndarray, "_ m"]:
    """Answers for other rows, by ridge regression on standardised columns with a free intercept."""
    mean, spread = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    spread[(x == x[:1]).all(axis=0)] = np.inf
    z, middle = (x - mean) / spread, y.mean(axis=0)
    weights = np.linalg.solve(z.T @ z + ridge * np.eye(z.shape[1]), z.T @ (y - middle))
    found: Float[np.ndarray, "_ m"] = (asked - mean) / spread @ weights + middle
    return found


def _check(fitted: int, judged: int) -> None:
    if fitted < 20 or judged < 10:
        raise ModelError(f"{fitted} positions to learn from (of 20) and {judged} to judge (of 10): take more text.")
