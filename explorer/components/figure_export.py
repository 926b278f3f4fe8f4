"""The figure on screen as a picture: buttons that save it as PNG or SVG, made in the browser as it stands there."""

from explorer.components import register

_component = register("figure_export")


def figure_export(chart_key: str, name: str) -> None:
    """Mounts the buttons.

    Args:
        chart_key: Streamlit key of the element with the figure: plotly's, or a component that draws SVG or canvas.
        name: file name without its ending.
    """
    data = {"chart_key": chart_key, "name": name}
    _component(key=f"export_{chart_key}", data=data, height="content")
