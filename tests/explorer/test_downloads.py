import csv
import io
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.downloads import _FORMULA, csv_file, html_file
from explorer.figures.next_token import next_token_bars
from explorer.style import figure_text

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\n",
    "＝1",
    "'=1",
    "'s",
    "a,b",
    '"quoted"',
    "line\nbreak",
    "line\r\nbreak",
    "שלום",
    "👩‍👩‍👧",
    "␣year",
    "null",
    "",
    "</script><script>alert(1)</script>",
    "<img src=http://example.com/x.png>",
    "url(http://example.com)",
]
COLUMNS = {"token": HOSTILE, "probability": np.linspace(0, 1, len(HOSTILE), dtype=np.float32).tolist()}


def unprotected(text):
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def rows(file):
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))


def test_csv_round_trip():
    header, *body = rows(csv_file(COLUMNS))
    assert header == ["token", "probability"]
    assert [unprotected(token) for token, _ in body] == HOSTILE
    assert [float(number) for _, number in body] == COLUMNS["probability"]


def test_pandas_reads_the_same():
    frame = pd.read_csv(io.BytesIO(csv_file(COLUMNS)), keep_default_na=False)
    assert list(frame) == ["token", "probability"]
    assert [unprotected(token) for token in frame.token] == HOSTILE
    assert frame.probability.tolist() == COLUMNS["probability"]


def test_a_spreadsheet_takes_it_for_utf_8():
    assert csv_file(COLUMNS).startswith(b"\xef\xbb\xbf")


def test_no_text_is_a_formula_and_numbers_stay_numbers():
    (name, _), *body = rows(csv_file({"=name": HOSTILE, "number": [-1.5] * len(HOSTILE)}))
    assert name == "'=name"
    for token, number in body:
        assert token[:1] not in tuple("=+-@\t\r\n＝＋－＠")
        assert number == "-1.5"
    assert rows(csv_file({"token": ["'s", "it's"]}))[1:] == [["'s"], ["it's"]]


@given(st.lists(st.text(st.characters(codec="utf-8") | st.sampled_from("'=+-@\t\r\n")), min_size=1))
def test_every_text_comes_back(texts):
    body = rows(csv_file({"a": texts, "b": [0] * len(texts)}))[1:]
    assert [unprotected(text) for text, _ in body] == texts


def test_what_is_no_unicode_does_not_stop_a_download():
    assert b"ud800" in csv_file({"a": ["\ud800"]})


def test_columns_of_different_lengths_are_an_error():
    with pytest.raises(ValueError):
        csv_file({"a": [1, 2], "b": [1]})


class Reader(HTMLParser):
    """Elements, what they load, and the cells of the table."""

    def __init__(self, file):
        super().__init__()
        self.loads, self.scripts, self.style, self.cells, self.inside = [], [], "", [], None
        self.feed(file.decode())

    def handle_starttag(self, tag, attributes):
        self.inside = tag
        self.loads += [value for name, value in attributes if name in {"src", "href", "srcset", "data", "action"}]
        if tag == "script":
            self.scripts.append("")
        if tag in {"td", "th"}:
            self.cells.append("")

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[-1] += data
        if self.inside == "style":
            self.style += data
        if self.inside in {"td", "th"}:
            self.cells[-1] += data


def figure(tokens=HOSTILE):
    probs = np.full(len(tokens), 0.9 / len(tokens), dtype=np.float32)
    return next_token_bars(
        tokens, range(len(tokens)), probs, None, others=7, others_before=0.1, others_after=0.0, log=False
    )


def test_html_has_every_row():
    cells = Reader(html_file(figure(), COLUMNS, "Title")).cells
    assert cells[:2] == ["token", "probability"]
    assert [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells[2::2]] == [
        token.replace("\r\n", "\n").replace("\r", "\n") for token in HOSTILE
    ]
    assert [float(cell) for cell in cells[3::2]] == COLUMNS["probability"]


def test_html_with_some_of_the_rows_says_so():
    file = html_file(figure(), COLUMNS, "Title", rows=3)
    assert len(Reader(file).cells) == 2 + 3 * 2
    assert f"the first 3 of {len(HOSTILE)} rows" in file.decode()
    assert "the first" not in html_file(figure(), COLUMNS, "Title", rows=len(HOSTILE)).decode()[-3000:]


def test_html_loads_nothing():
    file = html_file(figure(), COLUMNS, "Title\nhttp://example.com")
    read = Reader(file)
    assert not read.loads
    assert len(read.scripts) == 2  # plotly and the figure
    assert not re.search(r"@import|url\(", read.style)
    assert "default-src 'none'" in file.decode()


def test_text_is_text_in_html():
    file = html_file(figure(), COLUMNS, "\n".join(["<b>title", *HOSTILE]))
    read = Reader(file)
    page = file.decode().replace(read.scripts[0], "")
    assert "alert(1)</script>" not in page
    assert "<img" not in page
    assert "&lt;b&gt;title" in page
    assert figure_text("</script>") not in read.scripts[1]  # plotly's JSON has neither brackets nor slashes


def test_equal_figures_give_equal_files():
    assert html_file(figure(), COLUMNS, "Title") == html_file(figure(), COLUMNS, "Title")
