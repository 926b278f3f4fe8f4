import re
from html import unescape

from models.tokens.bpe import cut, learn
from models.tokens.visible import visible
from tests.app.conftest import run
from tests.app.test_views import bodies


def cuts(app):
    """Of each way of cutting: its name, and its tokens with their ids."""
    found = {}
    for body in bodies(app):
        name = re.search(r'<div class="explorer-cut"><b>(.*?)</b>', body)
        if name:
            chips = re.findall(r"<bdi>(.*?)</bdi><small>(\d+)</small>", body, re.DOTALL)
            found[unescape(name[1])] = [(unescape(token), int(token_id)) for token, token_id in chips]
    return found


def test_every_way_of_cutting_shows_its_tokens_and_ids(open_page, tiny):
    text = "happy new year, new"
    app = open_page("tokens", prompt=text, tokens_merges="3")
    shown = cuts(app)
    assert [token for token, _ in shown["Characters"]] == ["<s>", *(visible(letter.encode()) for letter in text)]
    words = [token for token, _ in shown["Words"]]
    assert words == ["<s>", "happy", "new", "year", ",", "new"]
    ids = dict(shown["Words"])
    assert ids["<s>"] == 0
    assert ids["new"] == 3  # the most frequent comes first
    pairs = [one.pair for one in learn(text, 3)]
    assert [token for token, _ in shown["Byte pairs"]] == [piece for word in text.split() for piece in cut(word, pairs)]
    own = tiny.tokenizer.encode(text)
    assert shown[tiny.card.title] == list(zip(tiny.tokenizer.tokens(own), own, strict=True))


def test_the_slider_goes_through_the_merges_with_their_counts(open_page):
    text = "low low lower newest newest newest"
    app = open_page("tokens", prompt=text)
    merges = list(learn(text, 60))
    for wanted in (1, 4):
        run(app.slider[0].set_value(wanted))
        [body] = [body for body in bodies(app) if f"Merge {wanted} of {len(merges)}" in body]
        one = merges[wanted - 1]
        assert f"<code>{one.pair[0]}</code> + <code>{one.pair[1]}</code></td><td>{one.count} ← merged" in body
    run(app.slider[0].set_value(0))
    assert [token for token, _ in cuts(app)["Byte pairs"]] == list(text.replace(" ", ""))
