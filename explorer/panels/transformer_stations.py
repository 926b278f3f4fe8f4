"""The stations of a transformer: what they are called, what they do, and their shapes in a network's own numbers."""

import math
from dataclasses import dataclass, replace

from explorer.components.transformer_walk import Box, Part
from explorer.panels.inside import Look
from models.mixers import followed

FIRST = "weights"  # is open at first


@dataclass(frozen=True)
class Station:
    """A step of the network."""

    name: str  # in its box
    title: str
    said: str
    has_head: bool = False


STATIONS = {
    "embedding": Station("embedding", "Embeddings", "a learned vector for each token"),
    "placed": Station("+ position", "Embeddings + positions", "the place's own vector is added"),
    "norm_1": Station("norm", "Norm before the attention", ""),
    "q": Station("q", "Queries", "what each token looks for", has_head=True),
    "k": Station("k", "Keys", "what each token is found by", has_head=True),
    "v": Station("v", "Values", "what each token passes on", has_head=True),
    "scores": Station(
        "scores q · k",
        "Scores",
        "how well a query (row) fits each key (column); what comes later is masked",
        has_head=True,
    ),
    "weights": Station(
        "weights",
        "Attention weights",
        "softmax of each row of scores: how much a token (row) takes of each other (column)",
        has_head=True,
    ),
    "mix": Station("mix z", "Mixed values", "all values, by these weights", has_head=True),
    "attention": Station("output", "Output of the attention", "what all heads bring, projected"),
    "mid": Station("+ attention", "Stream + attention", "what attention brings is added"),
    "norm_2": Station("norm", "Norm before the MLP", ""),
    "hidden": Station("hidden", "Hidden layer of the MLP", "each token by itself, before the MLP's last matrix"),
    "mlp": Station("output", "Output of the MLP", "back to the stream's width"),
    "post": Station("+ MLP", "Stream + MLP", "what the MLP brings is added"),
    "norm_3": Station("last norm", "Last norm", ""),
    "logits": Station("logits", "Logits", "a score for every token of the vocabulary"),
    "probs": Station("probabilities", "Probabilities", "softmax of the logits"),
}
_FORMULAS = {
    "embedding": r"e_t = E_{w_t}",
    "weights": r"a_{ts} = \frac{e^{s_{ts}}}{\sum_{r \le t} e^{s_{tr}}}",
    "mix": r"z_t = \sum_{s \le t} a_{ts} v_s",
    "mid": r"x'_t = x_t + o_t",
    "post": r"x''_t = x'_t + m_t",
    "probs": r"p_w = \frac{e^{y_w}}{\sum_{w'} e^{y_{w'}}}",
}
_B_OUT = r"b_{\mathrm{out}}"
_SCALED = Station("scaled", "Embeddings, scaled", "all are multiplied by the same number")
_NORMED = "each vector divided by its root mean square, then each number times a learned gain"
_NORMED_CENTRED = "each vector less its mean, divided by its deviation, then each number times a learned gain"


def of(look: Look, name: str) -> Station:
    """A station as it is in this network."""
    station = STATIONS[name]
    if name.startswith("norm"):
        return replace(station, said=_NORMED_CENTRED if look.inside.centred else _NORMED)
    return _SCALED if name == "placed" and look.trace.scaling is not None else station


def offered(look: Look) -> list[str]:
    """The stations that this network has: some leave the embeddings as they are."""
    return [name for name in STATIONS if name != "placed" or look.trace.scaling != 1]


def formula(look: Look, station: str, layer: int, head: int) -> str:
    """What a station computes, in LaTeX, with what the network has of biases, norms and turns."""
    if station in ("q", "k", "v"):
        return _projection(look, station, layer, head)
    if station.startswith("norm"):
        return _norm(look)
    inside, one, factor = look.inside, look.inside.layers[layer], look.trace.scaling
    read = "x_t" if inside.parallel else "x'_t"
    own = {
        "placed": r"x_t = e_t + p_t" if factor is None else rf"x_t = {factor:.4g} \cdot e_t",
        "scores": _scores(look, layer),
        "attention": rf"o_t = [z_t^1 \dots z_t^{{{inside.n_head}}}] W_O{_plus('b_O', one.b_o)}",
        "hidden": rf"h_t = f(\mathrm{{norm}}({read})), \quad f \text{{: the MLP before its last matrix}}",
        "mlp": rf"m_t = h_t W_{{\mathrm{{out}}}}{_plus(_B_OUT, one.b_out)}",
        "logits": rf"y_w = \mathrm{{norm}}(x_t) \cdot u_w{_plus('b_w', inside.b_u)}",
    }
    return own.get(station) or _FORMULAS[station]


def _plus(name: str, there: object) -> str:
    return "" if there is None else f" + {name}"


def _norm(look: Look) -> str:
    if not look.inside.centred:
        return r"\mathrm{norm}(x) = g \odot \frac{x}{\sqrt{\frac{1}{d}\sum_i x_i^2 + \varepsilon}}"
    shift = _plus("c", getattr(look.inside.norm, "bias", None))
    return rf"\mathrm{{norm}}(x) = g \odot \frac{{x - \bar{{x}}}}{{\sqrt{{\mathrm{{var}}(x) + \varepsilon}}}}{shift}"


def _projection(look: Look, station: str, layer: int, head: int) -> str:
    """Of queries, keys or values; without their matrix where they have none of their own."""
    one, name, t = look.inside.layers[layer], station.upper(), "t" if station == "q" else "s"
    w, b = {"q": (one.w_q, one.b_q), "k": (one.w_k, one.b_k), "v": (one.w_v, one.b_v)}[station]
    if w is None:
        return rf"{station}_{t} = f_{name}(\mathrm{{norm}}(x_{t})), \quad f_{name} \text{{: a part of a larger matrix}}"
    made = rf"\mathrm{{norm}}(x_{t}) W_{name}{_plus(f'b_{name}', b)}"
    changed = followed.change(look.inside, look.trace, station, layer, head, len(look.ids) - 1)
    if changed is not None and changed.scaled:
        made = rf"\mathrm{{scaled}}({made})"
    if changed is not None and changed.turned:
        made = rf"\mathrm{{RoPE}}_{t}({made})"
    return f"{station}_{t} = {made}"


def _scores(look: Look, layer: int) -> str:
    one, d_head = look.inside.layers[layer], look.trace.layers[layer].q.shape[-1]
    usual = math.isclose(one.scale, d_head**-0.5, rel_tol=1e-4)
    scaled = r" / \sqrt{d_{\mathrm{head}}}" if usual else rf" \cdot {one.scale:.4g}"
    return rf"s_{{ts}} = q_t \cdot k_s{scaled}{_plus('b_{ts}', one.score_bias(len(look.ids)))}"


def shape(look: Look, station: str) -> str:
    """Heads, positions and numbers of a station; on its box."""
    inside, trace = look.inside, look.trace
    positions, one = len(look.ids), trace.layers[0]
    sizes: tuple[int, ...]
    match station:
        case "q" | "mix":
            sizes = (inside.n_head, positions, one.q.shape[-1])
        case "k" | "v":
            sizes = (inside.n_kv_head, positions, one.v.shape[-1])
        case "scores" | "weights":
            sizes = (inside.n_head, positions, positions)
        case "hidden":
            sizes = (positions, one.mlp_hidden.shape[-1])
        case "logits" | "probs":
            sizes = (positions, trace.logits.shape[-1])
        case _:
            sizes = (positions, trace.embeddings.shape[-1])
    return " × ".join(f"{size:,}" for size in sizes)


def lane(look: Look, layer: int, head: int) -> list[Part]:
    """The stations from the text to the next token, of one layer; what the others are is said between them."""

    def row(*stations: str) -> list[Box]:
        said = [(one, of(look, one)) for one in stations]
        return [{"id": one, "name": it.name, "shape": shape(look, one), "said": it.said} for one, it in said]

    def skipped(first: int, last: int) -> list[Part]:
        if first > last:
            return []
        return [{"kind": "skip", "title": f"layer{f's {first} to' if first < last else ''} {last}", "rows": []}]

    placed = [row("placed")] if "placed" in offered(look) else []
    of_attention = [row("norm_1"), row("q", "k", "v"), row("scores"), row("weights"), row("mix"), row("attention")]
    heads = f", head {head + 1}" if look.inside.n_head > 1 else ""
    both = " (of the same x)" if look.inside.parallel else ""
    tokens = len(look.ids)
    return [
        {"kind": "skip", "title": f"{tokens} token{'s' if tokens > 1 else ''}", "rows": []},
        {"kind": "stream", "title": "", "rows": [row("embedding"), *placed]},
        *skipped(1, layer),
        {"kind": "branch", "title": f"Layer {layer + 1}: attention{heads}", "rows": of_attention},
        {"kind": "stream", "title": "", "rows": [row("mid")]},
        {
            "kind": "branch",
            "title": f"Layer {layer + 1}: MLP{both}",
            "rows": [row("norm_2"), row("hidden"), row("mlp")],
        },
        {"kind": "stream", "title": "", "rows": [row("post")]},
        *skipped(layer + 2, look.inside.n_layer),
        {"kind": "stream", "title": "", "rows": [row("norm_3"), row("logits"), row("probs")]},
    ]
