"""A space of words on a picture: PCA, axes that a reader names, t-SNE, UMAP; and how far a picture is to be trusted.

Sources: van der Maaten and Hinton 2008, Visualizing Data using t-SNE; McInnes, Healy and Melville 2018, UMAP;
Bolukbasi et al. 2016, Man is to Computer Programmer as Woman is to Homemaker? (words along the axis of a pair).

`python -m models.tokens.projections` lays out the points that it reads, in a process of its own: neither t-SNE nor UMAP
can be stopped otherwise.
"""

import importlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from models.errors import ModelError

LAYOUTS = {"tsne": "t-SNE", "umap": "UMAP"}
_STEPS = {"tsne": 1000, "umap": 0}  # rounds, where they are known
_PERPLEXITY = 30
_NEIGHBOURS = 15  # of UMAP
_DIMENSIONS = 50  # to which PCA brings the vectors before they are laid out
_CLUSTERED = 5_000  # words that the clusters are found from; the others join the nearest
_ROUND = re.compile(r"Iteration (\d+)")
Points = Float[np.ndarray, "word axis"]


@dataclass(frozen=True, eq=False)
class Pca:
    """Points on their principal axes, and what these leave out."""

    points: Points
    shares: Float[np.ndarray, " axis"]  # of the variance, largest first
    mean: Float[np.ndarray, " n_embd"]
    axes: Float[np.ndarray, "axis n_embd"]  # of length 1

    def place(self, vectors: Float[np.ndarray, "_ n_embd"]) -> Points:
        """Where other vectors stand on the same picture."""
        found: Points = (vectors - self.mean) @ self.axes.T
        return found


def pca(vectors: Float[np.ndarray, "word n_embd"], n_axes: int = 2) -> Pca:
    """Principal component analysis: the axes along which the vectors differ most.

    By the eigenvectors of the covariance, so that many words cost little; of a few words by the smaller Gram matrix.
    The sign of an axis makes its largest entry positive.
    """
    count, width = vectors.shape
    mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = vectors - mean
    few = count < width
    gram = (centred @ centred.T if few else centred.T @ centred).astype(np.float64)
    values, found = np.linalg.eigh(gram)
    values, found = np.maximum(values[::-1], 0.0), found[:, ::-1]
    n_axes = min(n_axes, count, width)
    axes = (centred.T.astype(np.float64) @ found[:, :n_axes] if few else found[:, :n_axes]).T
    axes /= np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 1e-12)
    axes *= np.where(axes[np.arange(n_axes), np.abs(axes).argmax(axis=1)] < 0, -1.0, 1.0)[:, None]
    points = centred @ axes.T.astype(np.float32)
    total = float(values.sum())
    shares = values[:n_axes] / total if total else np.zeros(n_axes)
    return Pca(points, shares.astype(np.float32), mean, axes.astype(np.float32))


def on_axes(
    unit: Float[np.ndarray, "word n_embd"], pairs: Int[np.ndarray, "axis 2"]
) -> tuple[Points, Float[np.ndarray, "axis axis"]]:
    """Each word by its cosine with the difference of two words, as he - she, one axis for each pair.

    Args:
        unit: the words' vectors, of length 1.
        pairs: of each axis the word at its positive end and that at its negative one.

    Returns:
        The points, and the cosines between the axes: only where these are 0 is the picture a plane of the space.

    Raises:
        ModelError: an axis of two words that are the same, or have the same vector.
    """
    directions = unit[pairs[:, 0]].astype(np.float64) - unit[pairs[:, 1]]
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    if not lengths.all():
        raise ModelError("An axis needs two words that differ: choose another one.")
    directions /= lengths
    return unit @ directions.T.astype(np.float32), (directions @ directions.T).astype(np.float32)


def kept_neighbours(
    unit: Float[np.ndarray, "word n_embd"], points: Points, most: int = 10, sample: int = 300, seed: int = 0
) -> float:
    """Which share of a word's nearest neighbours are among its nearest on the picture, averaged over a sample of words.

    Args:
        unit: the words' vectors, of length 1; their neighbours are those of the greatest cosine.
        points: the same words on the picture; their neighbours are the nearest points.
        most: how many neighbours of each.
        sample: how many words are looked at.
        seed: of the sample.
    """
    count = len(unit)
    most = min(most, count - 1)
    if most < 1:
        return 1.0
    chosen = np.random.default_rng(seed).permutation(count)[:sample]
    squares = np.einsum("ij,ij->i", points, points)
    shared = 0
    for start in range(0, len(chosen), 100):
        rows = chosen[start : start + 100]
        cosines = unit[rows] @ unit.T
        nearness = points[rows] @ points.T - squares / 2  # the squared distance, but for what is the same in a row
        for near in (cosines, nearness):
            near[np.arange(len(rows)), rows] = -np.inf
        true = np.argpartition(-cosines, most - 1, axis=1)[:, :most]
        seen = np.argpartition(-nearness, most - 1, axis=1)[:, :most]
        shared += sum(len(np.intersect1d(a, b)) for a, b in zip(true, seen, strict=True))
    return shared / (most * len(chosen))


def clusters(points: Float[np.ndarray, "word n_embd"], count: int, seed: int = 0) -> Int[np.ndarray, " word"]:
    """The cluster of each word by k-means, the largest first."""
    from sklearn.cluster import MiniBatchKMeans

    count = min(count, len(points))
    few = pca(points, _DIMENSIONS).points
    kmeans = MiniBatchKMeans(count, random_state=seed, n_init=1, batch_size=2048, max_iter=20)
    found = kmeans.fit(few[:_CLUSTERED]).predict(few)
    order = np.argsort(-np.bincount(found, minlength=count), kind="stable")
    ranks: Int[np.ndarray, " word"] = np.argsort(order)[found]
    return ranks


def has_umap() -> bool:
    """Whether the package umap-learn is installed."""
    return importlib.util.find_spec("umap") is not None


def laid_out(
    unit: Float[np.ndarray, "word n_embd"], method: str, progress: Callable[[int, int], None], seed: int = 0
) -> Points:
    """The words on a plane by t-SNE or UMAP, made in a process of its own.

    Args:
        unit: the words' vectors, of length 1.
        method: a key of `LAYOUTS`.
        progress: is told several times a second how far it is, of how many rounds; what it raises ends the process.
        seed: of the layout.

    Raises:
        ModelError: UMAP is not installed, or it failed.
    """
    if method == "umap" and not has_umap():
        raise ModelError("UMAP needs the package umap-learn: pip install umap-learn, then start the app again.")
    if len(unit) < 5:
        raise ModelError("There are too few words to lay out: choose more.")
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "given.npy", Path(folder) / "made.npy"
        np.save(given, pca(unit, _DIMENSIONS).points)
        command = [sys.executable, "-u", "-m", "models.tokens.projections", method, str(given), str(made), str(seed)]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        process = subprocess.Popen(  # noqa: S603 - ourselves, on files of ours
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | threads,
            cwd=Path(__file__).parents[2],
        )
        said = [""]
        done = [0]
        reader = threading.Thread(target=_listen, args=(process, said, done), daemon=True)
        reader.start()
        try:
            while reader.is_alive():
                reader.join(0.1)
                progress(done[0], _STEPS[method])
            if process.wait() != 0 or not made.is_file():
                raise ModelError(f"{LAYOUTS[method]} failed: {said[0]}. Choose fewer words, or another projection.")
            points: Points = np.load(made)
        finally:
            process.kill()
            process.wait()
    return points


def _listen(process: "subprocess.Popen[str]", said: list[str], done: list[int]) -> None:
    """Keeps the last line that a process has said, and the round that it is in."""
    for line in process.stdout or ():
        said[0] = line.strip() or said[0]
        step = _ROUND.search(line)
        if step:
            done[0] = int(step[1])


def _lay_out(points: Points, method: str, seed: int) -> Iterator[Points]:
    if method == "umap":
        umap = importlib.import_module("umap")
        yield umap.UMAP(n_neighbors=min(_NEIGHBOURS, len(points) - 1), min_dist=0.1, random_state=seed).fit_transform(
            points
        )
        return
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, (len(points) - 1) / 3)
    yield TSNE(perplexity=perplexity, init="pca", random_state=seed, verbose=2).fit_transform(points)


def main() -> None:
    """Lays out the points of one file into another."""
    method, given, made, seed = sys.argv[1:]
    for points in _lay_out(np.load(given), method, int(seed)):
        np.save(made, points.astype(np.float32))


if __name__ == "__main__":
    main()
