"""Colour by meaning, the plotly template, and the page's own CSS.

The palette is Okabe and Ito's (2008), which the colour-blind tell apart. A colour has one meaning on all pages; figures
are transparent and leave text colours to Streamlit's theme, so they fit light and dark.
"""

import html
import unicodedata

PROBABILITY = "#2E86C1"  # how probable
REMOVED = "#9AA5B1"  # probability that a decoding rule took away
SURPRISAL = "#D55E00"  # how surprising
RUNNING = "#CC79A7"  # a running sum
DECIDES = "#E69F00"  # the mark of what decides
GRID = "rgba(128, 140, 155, 0.25)"
FONT_SIZE = 14

# A plain dictionary: pages without a figure load no plotly.
TEMPLATE = {
    "layout": {
        "font": {"size": FONT_SIZE, "family": '"Source Sans", sans-serif'},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "xaxis": {"gridcolor": GRID, "zeroline": False, "automargin": True},
        "yaxis": {"gridcolor": GRID, "zeroline": False, "automargin": True},
        "showlegend": False,
    }
}
# Dark in light and dark: Streamlit's own is too pale to read.
HOVER = {
    "bgcolor": "#1B2430",
    "bordercolor": "#808C9B",
    "font": {"color": "#FFFFFF", "size": FONT_SIZE + 1},
    "align": "left",
}
MONOSPACE = '"Source Code Pro", monospace'


def figure_text(text: str) -> str:
    """Text as plotly shows it: its labels read tags, entities and $mathematics$ otherwise."""
    return html.escape(isolated(text), quote=False).replace("$", "&#36;")


def isolated(text: str) -> str:
    """Text that leaves its neighbours in place: a number beside a Hebrew token would change places with it."""
    if any(unicodedata.bidirectional(character) in {"R", "AL", "AN"} for character in text):
        return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text


PAGE_CSS = """
<style>
.stMainBlockContainer { padding-top: 3.8rem; padding-bottom: 3rem; max-width: 80rem; }
.js-plotly-plot .cartesianlayer text, .js-plotly-plot .infolayer text { fill: currentColor !important; }
.stMainBlockContainer h1 { padding: 0; font-size: 1.8rem; line-height: 1.25; }
.explorer-promise { font-size: 1rem; opacity: 0.85; margin: 0.75rem 0 0; }
.stElementContainer:has(> .stHtml > style) { display: none; }
.explorer-notice { border-left: 4px solid #D55E00; background: rgba(213, 94, 0, 0.12); padding: 0.6rem 0.9rem;
  border-radius: 0.3rem; overflow-wrap: anywhere; white-space: pre-wrap; }
.explorer-wait { opacity: 0.8; font-variant-numeric: tabular-nums; }
[data-testid=stCaptionContainer] { color: inherit !important; opacity: 0.85; }
[data-testid=stCode] .token.keyword, [data-testid=stCode] .token.string, [data-testid=stCode] .token.number,
[data-testid=stCode] .token.function, [data-testid=stCode] .token.comment, [data-testid=stCode] .token.builtin {
  color: color-mix(in srgb, currentColor 55%, var(--hue)) !important; }
[data-testid=stCode] .token { --hue: #1c83e1; }
[data-testid=stCode] .token.string { --hue: #09ab3b; }
[data-testid=stCode] .token.comment { --hue: #808495; }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
</style>
"""
