"""Words as vectors of which one entry is 1."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from explorer import style
from explorer.figures import made


def one_hot(words: Sequence[str], places: Sequence[int], vocab_size: int) -> go.Figure:
    """Each row is a word's vector in R^|V|: dark where it is 1.

    Args:
        words: the rows.
        places: of each word its number in the vocabulary: where the 1 stands.
        vocab_size: |V|.
    """
    if len(words) != len(places):
        raise ValueError(f"{len(words)} words need as many places, not {len(places)}")
    table = np.zeros((len(words), vocab_size), dtype=np.float32)
    table[np.arange(len(words)), list(places)] = 1.0
    rows = np.arange(len(words), dtype=np.float32)
    font = {"family": style.MONOSPACE, "size": style.FONT_SIZE}
    shown = [style.figure_text(word) for word in words]
    return made(
        data=[
            {
                "type": "heatmap",
                "z": table,
                "y": rows,
                "zmin": 0.0,
                "zmax": 1.0,
                "colorscale": [[0, style.faded(style.REMOVED, 0.15)], [1, style.PROBABILITY]],
                "showscale": False,
                "xgap": 1,
                "ygap": 3,
                "hovertemplate": "dimension %{x}: %{z}<extra></extra>",
            }
        ],
        layout={
            "height": 90 + 30 * len(words),
            "dragmode": False,
            "xaxis": {
                "title": {"text": "dimension of the vector = number of the word", "font": {"size": style.FONT_SIZE}},
                "tickfont": {"size": style.FONT_SIZE},
                "showgrid": False,
                "fixedrange": True,
            },
            "yaxis": {
                "tickmode": "array",
                "tickvals": rows,
                "ticktext": shown,
                "tickfont": font,
                "autorange": "reversed",
                "showgrid": False,
                "fixedrange": True,
            },
        },
    )
