"""What can be downloaded besides plotly figures: a component's own drawings, and one that is not there."""

import streamlit as st

from explorer.downloads import downloads

JS = """
export default function (component) {
  const context = component.parentElement.querySelector("canvas").getContext("2d")
  context.fillStyle = "rgb(0, 128, 0)"
  context.fillRect(0, 0, 100, 50)
}
"""
HTML = """
<canvas width="100" height="50" style="display: block"></canvas>
<svg width="100" height="50" style="display: block"><rect width="100" height="50"/><text y="20">shalom</text></svg>
<button><svg width="9" height="9"><text>an icon</text></svg></button>
"""
component = st.components.v2.component("drawings", html=HTML, css="rect { fill: rgb(255, 0, 0) }", js=JS)

component(key="my drawing")
columns = {"token": ["=1"], "probability": [0.25]}
downloads("drawing", "my drawing", None, lambda: columns, "A drawing")
downloads("nothing", "not there", None, lambda: columns, "Nothing")
downloads("table", None, None, lambda: columns, "A table")
