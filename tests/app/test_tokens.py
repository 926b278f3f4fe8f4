import json
import re
from html import unescape

import numpy as np
import pytest

from explorer.contents import FIRST_PROMPT
from explorer.texts import NEW_YEAR
from models.tokens.bpe import PairTokenizer, learn
from models.tokens.visible import visible
from models.tokens.words import WordTokenizer
from tests.app.conftest import run
from tests.app.test_pages import ODD, charts, notices
from tests.app.test_views import bodies

TEXT = "happy new year, new"


def rows(app):
    """Of each way of cutting: its name, its tokens with what stands below them, and its facts."""
    found = {}
    for body in bodies(app):
        name = re.search(r'<div class="explorer-cut"><div><h3>(.*?)</h3>(.*?)</div>', body, re.DOTALL)
        if name:
            chips = re.findall(r'<span class="([\w ]*)"><bdi>(.*?)</bdi><small>(.*?)</small>', body, re.DOTALL)
            found[unescape(name[1])] = {
                "tokens": [(unescape(token), unescape(below)) for _, token, below in chips],
                "kinds": [kind for kind, _, _ in chips],
                "facts": re.sub(r"<[^>]+>", " ", unescape(name[2])).split(),
            }
    return found


def pairs_row(app):
    [row] = [row for name, row in rows(app).items() if name.startswith("Byte pairs")]
    return row


def merges(app):
    """What the component of the merges was sent."""
    [component] = [c.proto for c in app.get("bidi_component") if c.proto.component_name == "explorer_merge_steps"]
    return json.loads(component.json)


def chart(app, alt):
    [proto] = [proto for proto in charts(app) if alt in proto.alt]
    return json.loads(proto.spec)


def test_every_way_of_cutting_shows_its_tokens_and_ids(open_page, tiny):
    app = open_page("tokens", prompt=TEXT, tokens_corpus="", tokens_merges="3")
    shown = rows(app)
    letters = [token for token, _ in shown["Characters"]["tokens"]]
    assert letters == ["<s>", *(visible(letter.encode()) for letter in TEXT), "</s>"]
    words = shown["Words"]["tokens"]
    assert [token for token, _ in words] == ["<s>", "happy", "new", "year", ",", "new", "</s>"]
    assert dict(words)["<s>"] == "0"
    assert dict(words)["</s>"] == "1"
    assert dict(words)["new"] == "3"  # the most frequent comes first
    tokenizer = PairTokenizer(TEXT, [one.pair for one in learn(TEXT, 3)])
    ids = [tokenizer.start_id, *tokenizer.encode(TEXT), tokenizer.end_id]
    assert pairs_row(app)["tokens"] == [*zip(tokenizer.tokens(ids), map(str, ids), strict=True)]
    own = tiny.tokenizer
    ids = [own.start_id, *own.encode(TEXT), own.end_id]
    assert shown[tiny.card.title]["tokens"] == [*zip(own.tokens(ids), map(str, ids), strict=True)]


def test_counts_vocabularies_and_tokens_per_word(open_page):
    app = open_page("tokens", prompt=TEXT, tokens_corpus="")
    shown = rows(app)
    letters = len(set(TEXT))
    facts = f"{len(TEXT)} tokens, {len(TEXT) / 5:.1f} a word |V| = {letters + 3}"
    assert " ".join(shown["Characters"]["facts"]) == facts
    assert " ".join(shown["Words"]["facts"]) == "5 tokens, 1.0 a word |V| = 7"


def test_a_new_word_is_unknown_to_words_alone(open_page):
    app = open_page("tokens", prompt="happy decade")
    assert "decade" not in NEW_YEAR
    shown = rows(app)
    assert shown["Words"]["tokens"][2] == ("<unk>", "2 decade")
    assert shown["Words"]["kinds"][2] == "begins unknown"
    assert shown["Words"]["facts"][-2:] == ["1", "unknown"]
    assert not any("unknown" in kind for kind in shown["Characters"]["kinds"] + pairs_row(app)["kinds"])
    assert "".join(token for token, _ in pairs_row(app)["tokens"][1:-1]) == "happydecade"


def test_a_letter_never_seen_is_unknown_to_characters_and_pairs_too(open_page):
    app = open_page("tokens", prompt="happy ñ")
    assert ("<unk>", "2 ñ") in rows(app)["Characters"]["tokens"]
    assert ("<unk>", "2 ñ") in pairs_row(app)["tokens"]


def test_the_slider_limits_the_words(open_page):
    app = open_page("tokens", tokens_words="2")
    kept = WordTokenizer.of(NEW_YEAR, 2)
    words = WordTokenizer.cut(FIRST_PROMPT)
    tokens = [token for token, _ in rows(app)["Words"]["tokens"][1:-1]]
    assert tokens == kept.tokens(kept.encode(FIRST_PROMPT))
    assert tokens.count("<unk>") == len(words) - sum(FIRST_PROMPT[a:b] in kept.tokens([3, 4]) for a, b in words)


def test_merges_are_sent_once_with_the_counts_that_decided_them(open_page):
    text = "low low lower newest newest newest"
    app = open_page("tokens", tokens_corpus=text, tokens_merges="4")
    sent, wanted = merges(app), list(learn(text, 100))
    assert sent["at"] == 4
    assert [step["pairs"][0] for step in sent["steps"]] == [[*one.pair, one.count] for one in wanted]
    assert sent["steps"][0]["pairs"][1:] == [[a, b, count] for (a, b), count in wanted[0].runners_up]
    for at in (0, 1, 4, len(wanted)):
        tokenizer = PairTokenizer(text, [one.pair for one in wanted[:at]])
        pieces = []
        for word in sent["words"]:
            piece = word["letters"][0]
            for letter, closed in zip(word["letters"][1:], word["closed"], strict=True):
                if closed is not None and closed <= at:
                    piece += letter
                else:
                    pieces.append(piece)
                    piece = letter
            pieces.append(piece)
        assert pieces == tokenizer.tokens(tokenizer.encode(text))


def test_the_row_of_byte_pairs_follows_the_merges_of_the_link(open_page):
    app = open_page("tokens", prompt="new", tokens_merges="0")
    assert [token for token, _ in pairs_row(app)["tokens"]] == ["<s>", "n", "e", "w", "</s>"]
    app = open_page("tokens", prompt="new", tokens_merges="20")
    assert [token for token, _ in pairs_row(app)["tokens"]] == ["<s>", "new", "</s>"]


def test_one_hot_rows_and_the_models_own_dense_rows(open_page, tiny):
    app = open_page("tokens", prompt="happy new", tokens_corpus="happy new year")
    assert chart(app, "of which one is 1")["layout"]["yaxis"]["ticktext"] == ["happy", "new"]
    single = {word: tiny.tokenizer.encode(f" {word}") for word in ("happy", "new")}
    known = {word: ids[0] for word, ids in single.items() if len(ids) == 1}
    assert known
    weights = tiny.network.get_input_embeddings().weight.detach().numpy()
    figure = chart(app, "numbers of either sign")
    assert f"vectors of {weights.shape[1]} numbers" in next(c.alt for c in charts(app) if "either sign" in c.alt)
    most = max(np.abs(weights[token_id][:64]).max() for token_id in known.values())
    assert figure["data"][0]["zmax"] == pytest.approx(most)
    assert figure["data"][0]["zmin"] == pytest.approx(-most)


def test_one_hot_distances_are_always_the_same_and_dense_ones_are_the_models(open_page, tiny):
    app = open_page("tokens", prompt="happy new year", tokens_corpus="happy new year")
    [table] = [body for body in bodies(app) if "Distance of" in body]
    found = re.findall(r"<bdi>(\w+)</bdi> – <bdi>(\w+)</bdi></td><td>([\d.]+)</td>(?:<td>([\d.]+)</td>)?", table)
    assert found
    weights = tiny.network.get_input_embeddings().weight.detach()
    for a, b, one_hot, dense in found:
        assert one_hot == "1.414"
        [i], [j] = (tiny.tokenizer.encode(f" {word}") for word in (a, b))
        assert float(dense) == pytest.approx(float((weights[i] - weights[j]).norm()), abs=6e-4)


def test_memory_of_one_hot_vectors_and_of_the_chosen_table(open_page):
    app = open_page("tokens", tokens_size="200000", tokens_width="12000")
    one_hot, dense = [re.sub(r"<[^>]+>", " ", body) for body in bodies(app) if 'aria-label="Sizes"' in body]
    for row in ("50,000 200 kB 200 MB", "200,000 800 kB 800 MB", "1,000,000 4 MB 4 GB"):
        assert row in " ".join(one_hot.split())
    assert "Your choice 200,000 12,000 2.4 billion 9.6 GB 4.8 GB" in " ".join(dense.split())
    run(next(slider for slider in app.slider if slider.label == "m").set_value(100))
    dense = next(re.sub(r"<[^>]+>", " ", body) for body in bodies(app) if "Your choice" in body)
    assert "Your choice 200,000 100 20 million 80 MB 40 MB" in " ".join(dense.split())


@pytest.mark.slow
@pytest.mark.parametrize("corpus", ODD.values(), ids=ODD)
def test_any_text_can_be_learned_from(open_page, corpus):
    app = open_page("tokens")
    run(app.text_area[1].input(corpus))
    assert rows(app)["Words"]["tokens"][0] == ("<s>", "0")
    assert charts(app)


def test_without_a_model_the_other_ways_of_cutting_stay(open_page, monkeypatch):
    monkeypatch.setenv("LM_EXPLORER_MODEL", "no/such-model")
    app = open_page("tokens")
    assert notices(app)
    assert len(rows(app)) == 3
    assert charts(app)
