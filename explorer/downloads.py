"""What is on screen as files: the data as CSV, the figure as PNG, SVG, and as one HTML file that needs no network.

The CSV is UTF-8 with a byte order mark, without which Excel takes it for another encoding; pandas skips it. Numbers are
not rounded. A text that a spreadsheet would run as a formula has an apostrophe before it; to undo that, take the
first apostrophe from each text that begins with one and matches `_FORMULA`. All other texts are as they were. Tell
pandas `keep_default_na=False`, or it takes the token `null` for a missing value.
"""

import csv
import hashlib
import html
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING

import streamlit as st

from explorer.components.figure_export import figure_export

if TYPE_CHECKING:
    import plotly.graph_objects as go

Columns = Mapping[str, Sequence[object]]  # name: values, one for each row
# Apostrophes count, or a text that has one of its own before the sign could not be told from a protected one.
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def downloads(
    name: str,
    chart_key: str | None,
    figure: "go.Figure | None",
    columns: Callable[[], Columns],
    about: str,
    *,
    rows: int | None = None,
) -> None:
    """A button beneath a figure that opens a choice of files, made when it is opened; for a table alone, its CSV.

    They are not made at the click on one of them: such a file Streamlit throws away as soon as two runs of any sessions
    have ended, which in a full lecture hall may be before the browser has fetched it.

    Args:
        name: file name without its ending, one of its own for each figure of a page.
        chart_key: Streamlit key of the element with the figure; None: no PNG and SVG.
        figure: for the HTML file; None: no such file.
        columns: gives the data, unrounded.
        about: what the figure shows, plain text: a title in the first line, then the model, the prompt and the like.
        rows: how many of the first rows the HTML file's table has; None: all.
    """
    if chart_key is None and figure is None:
        _file("Download CSV", f"{name}.csv", "text/csv", csv_file(columns()), alone=True)
        return
    box = st.popover("Download", type="tertiary", icon=":material/download:", key=f"download_{name}", on_change="rerun")
    if not box.open:
        return
    with box:
        if chart_key is not None:
            figure_export(chart_key, name)
        data = columns()
        _file("CSV: every number", f"{name}.csv", "text/csv", csv_file(data))
        if figure is not None:
            _file("HTML: interactive, opens offline", f"{name}.html", "text/html", html_file(figure, data, about, rows))


def _file(words: str, name: str, mime: str, data: bytes, *, alone: bool = False) -> None:
    # Streamlit takes two large files for the same if they have the same length, type, beginning, middle and end.
    mime = f"{mime}; charset=utf-8; sha256={hashlib.sha256(data).hexdigest()}"
    st.download_button(
        words,
        data,
        name,
        mime,
        key=f"file_{name}",
        on_click="ignore",
        type="tertiary" if alone else "secondary",
        icon=":material/download:" if alone else None,
        width="content" if alone else "stretch",
    )


def csv_file(columns: Columns) -> bytes:
    """The columns as CSV, with what a spreadsheet would run made harmless.

    >>> csv_file({"token": ["=1+1", "'s"], "id": [-7, 8]}).decode("utf-8-sig").splitlines()
    ['token,id', "'=1+1,-7", "'s,8"]
    """
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows([_harmless(cell) for cell in row] for row in _table(columns))
    return lines.getvalue().encode("utf-8-sig", errors="backslashreplace")


def html_file(figure: "go.Figure", columns: Columns, about: str, rows: int | None = None) -> bytes:
    """The interactive figure, what it is about, and its data: one file that loads nothing."""
    from plotly.offline import get_plotlyjs

    title, _, words = map(html.escape, about.partition("\n"))
    head, *body = (
        "<tr>" + "".join(f'<{tag} dir="auto">{html.escape(str(cell))}</{tag}>' for cell in row) + "</tr>"
        for tag, row in zip(chain(["th"], repeat("td")), islice(_table(columns), None if rows is None else rows + 1))
    )
    count = len(next(iter(columns.values())))
    note = "" if len(body) == count else f"<p>These are the first {len(body):,} of {count:,} rows.</p>"
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_LOADS_NOTHING}">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1 dir="auto">{title}</h1>
<p dir="auto">{words}</p>
<div id="figure" role="img" aria-label="{title}"></div>
<div class="data" tabindex="0" role="region" aria-label="Data">
<table><thead>{head}</thead><tbody>{"".join(body)}</tbody></table>
</div>
{note}
<script>{get_plotlyjs()}</script>
<script>const figure = {figure.to_json(validate=False)}{_DRAW}</script>
</body>
</html>
"""
    return page.encode(errors="backslashreplace")


def _table(columns: Columns) -> Iterator[Sequence[object]]:
    """The names, then the rows."""
    yield tuple(columns)
    yield from zip(*columns.values(), strict=True)


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


# The eval is plotly's, for points drawn by WebGL.
_LOADS_NOTHING = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:"
)
_STYLE = """
:root { color-scheme: light dark; --background: #FFFFFF; --text: #1B2430; --line: #C9D1DB; }
@media (prefers-color-scheme: dark) { :root { --background: #11161D; --text: #E8ECF1; --line: #3A4552; } }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; background: var(--background); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; }
p { white-space: pre-wrap; overflow-wrap: anywhere; }
.data { overflow-x: auto; margin-top: 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.75rem; border-bottom: 1px solid var(--line); text-align: start; white-space: pre; }
"""
# What Streamlit's theme does in the app: texts in the page's colour, and room beside the labels of an axis.
_DRAW = """
const axis = figure.layout.template?.layout?.yaxis
if (axis) axis.ticklabelstandoff = 6
function draw() {
  const font = { ...figure.layout.font, color: getComputedStyle(document.body).color }
  const config = { displayModeBar: false, responsive: true }
  Plotly.react("figure", { ...figure, layout: { ...figure.layout, font }, config })
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw)
draw()
"""
