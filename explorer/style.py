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
BEAM = "#009E73"  # found by beam search
CATEGORIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # states, classes
# Of models wherever several stand in one picture, by the family and the cell.
FAMILIES = {
    name: CATEGORIES[i] for i, name in enumerate(("lstm", "gru", "rnn", "feedforward", "ngrams", "transformer"))
}
GRID = "rgba(128, 140, 155, 0.25)"
FONT_SIZE = 14

MARGIN = {"l": 10, "r": 10, "t": 10, "b": 10}
# A plain dictionary: pages without a figure load no plotly.
TEMPLATE = {
    "layout": {
        "font": {"size": FONT_SIZE, "family": '"Source Sans", sans-serif'},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": MARGIN,
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


def faded(colour: str, opacity: float) -> str:
    """A colour of the palette, so opaque.

    >>> faded("#2E86C1", 0.5)
    'rgba(46, 134, 193, 0.5)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


# Negative is orange, positive blue, as on all pages; 0 is nearly transparent.
SIGNED = [[0.0, SURPRISAL], [0.5, faded(REMOVED, 0.12)], [1.0, PROBABILITY]]


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
[data-testid=stCode] .token.function, [data-testid=stCode] .token.comment, [data-testid=stCode] .token.builtin,
[data-testid=stCode] .token.boolean, [data-testid=stCode] .token.class-name, [data-testid=stCode] .token.decorator {
  color: color-mix(in srgb, currentColor 55%, var(--hue)) !important; }
[data-testid=stCode] .token { --hue: #1c83e1; }
[data-testid=stCode] .token.string { --hue: #09ab3b; }
[data-testid=stCode] .token.comment { --hue: #808495; }
[data-testid=stStatusWidget] { display: none; }
.katex-display { overflow-x: auto; overflow-y: hidden; padding: 0.35rem 0; }
.explorer-text { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.75; font-size: 1.05rem; }
.explorer-before { opacity: 0.7; }
.explorer-token { border-radius: 3px; padding: 2px 0; border-right: 1px solid rgba(128, 140, 155, 0.35);
  background: color-mix(in srgb, var(--colour) calc(var(--shade) * 60%), transparent); }
.explorer-loop { text-decoration: underline 2px; text-underline-offset: 4px; }
.explorer-facts { font-size: 0.875rem; opacity: 0.85; font-variant-numeric: tabular-nums; }
.explorer-paths { border-collapse: collapse; }
.explorer-paths th, .explorer-paths td { text-align: left; padding: 0.1rem 1rem 0.1rem 0;
  vertical-align: baseline; white-space: pre-wrap; }
.explorer-paths td { font-variant-numeric: tabular-nums; }
.explorer-scroll { overflow-x: auto; }
.explorer-table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.explorer-table th { text-align: left; font-weight: 600; font-size: 0.875rem; opacity: 0.85; vertical-align: bottom; }
.explorer-table tr[aria-current=true] td { font-weight: 600; }
.explorer-table th, .explorer-table td { padding: 0.3rem 0.9rem 0.3rem 0;
  border-bottom: 1px solid rgba(128, 140, 155, 0.25); }
.explorer-table mark { background: rgba(230, 159, 0, 0.35); color: inherit; border-radius: 3px; padding: 0 2px; }
.explorer-places td:first-child { text-align: right; }
.explorer-places td:nth-child(2) { white-space: nowrap; }
.explorer-chips { display: flex; flex-wrap: wrap; gap: 3px; margin-top: 0.3rem; }
.explorer-chips span { display: flex; flex-direction: column; align-items: center; padding: 2px 5px; border-radius: 4px;
  background: rgba(128, 140, 155, 0.16); font-family: var(--font-mono, monospace); white-space: pre; }
.explorer-chips small { opacity: 0.8; font-size: 0.75rem; }
.st-key-scroll_tree, .st-key-scroll_lens { overflow-x: auto; scrollbar-width: thin; }
.st-key-scroll_lens > * { min-width: 42rem; }
.st-key-token_tree { max-width: none !important; }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
</style>
"""
