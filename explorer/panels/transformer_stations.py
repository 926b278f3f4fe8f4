"""The stations of a transformer: what they are called, what they do, and their shapes in a network's own numbers."""

from dataclasses import dataclass

from explorer.components.transformer_walk import Box, Part
from explorer.panels.inside import Look

_NORM = r"\mathrm{norm}(x) = g \odot \frac{x - \bar{x}}{\sqrt{\mathrm{var}(x) + \varepsilon}} + c"
_RMS_NORM = r"\mathrm{norm}(x) = g \odot \frac{x}{\sqrt{\frac{1}{d}\sum_i x_i^2 + \varepsilon}}"
FIRST = "weights"  # is open at first


@dataclass(frozen=True)
class Station:
    """A step of the network."""

    name: str  # in its box
    title: str
    said: str
    formula: str
    has_head: bool = False


STATIONS = {
    "embedding": Station("embedding", "Embeddings", "a learned vector for each token", r"e_t = E_{w_t}"),
    "placed": Station("+ position", "Embeddings + positions", "the place's own vector is added", r"x_t = e_t + p_t"),
    "norm_1": Station("norm", "Norm before the attention", "every vector is brought to a common length", ""),
    "q": Station("q", "Queries", "what each token looks for", r"q_t = \mathrm{norm}(x_t) W_Q + b_Q", True),
    "k": Station("k", "Keys", "what each token is found by", r"k_s = \mathrm{norm}(x_s) W_K + b_K", True),
    "v": Station("v", "Values", "what each token passes on", r"v_s = \mathrm{norm}(x_s) W_V + b_V", True),
    "scores": Station(
        "scores q · k",
        "Scores",
        "how well a query (row) fits each key (column); what comes later is masked",
        r"s_{ts} = q_t \cdot k_s / \sqrt{d_{\mathrm{head}}}",
        True,
    ),
    "weights": Station(
        "weights",
        "Attention weights",
        "softmax of each row of scores: how much a token (row) takes of each other (column)",
        r"a_{ts} = \frac{e^{s_{ts}}}{\sum_{r \le t} e^{s_{tr}}}",
        True,
    ),
    "mix": Station("mix z", "Mixed values", "all values, by these weights", r"z_t = \sum_{s \le t} a_{ts} v_s", True),
    "attention": Station(
        "output", "Output of the attention", "what all heads bring, projected", r"o_t = [z_t^1 \dots z_t^H] W_O + b_O"
    ),
    "mid": Station("+ attention", "Stream + attention", "what attention brings is added", r"x'_t = x_t + o_t"),
    "norm_2": Station("norm", "Norm before the MLP", "every vector is brought to a common length", ""),
    "hidden": Station(
        "hidden", "Hidden layer of the MLP", "each token by itself", r"h_t = \phi(\mathrm{norm}(x'_t) W + b)"
    ),
    "mlp": Station("output", "Output of the MLP", "back to the stream's width", r"m_t = h_t W' + b'"),
    "post": Station("+ MLP", "Stream + MLP", "what the MLP brings is added", r"x''_t = x'_t + m_t"),
    "norm_3": Station("last norm", "Last norm", "every vector is brought to a common length", ""),
    "logits": Station(
        "logits", "Logits", "a score for every token of the vocabulary", r"y_w = \mathrm{norm}(x_t) \cdot u_w + b_w"
    ),
    "probs": Station(
        "probabilities", "Probabilities", "softmax of the logits", r"p_w = \frac{e^{y_w}}{\sum_{w'} e^{y_{w'}}}"
    ),
}


def formula(station: str, *, centred: bool) -> str:
    """What a station computes, in LaTeX; a norm that takes the mean away is `centred`."""
    return STATIONS[station].formula or (_NORM if centred else _RMS_NORM)


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
        return [
            {"id": one, "name": STATIONS[one].name, "shape": shape(look, one), "said": STATIONS[one].said}
            for one in stations
        ]

    def skipped(first: int, last: int) -> list[Part]:
        if first > last:
            return []
        return [{"kind": "skip", "title": f"layer{f's {first} to' if first < last else ''} {last}", "rows": []}]

    placed = [] if not has_positions(look) else [row("placed")]
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


def has_positions(look: Look) -> bool:
    """Whether something is added to the embeddings."""
    return bool((look.trace.resid_pre != look.trace.embeddings).any())
