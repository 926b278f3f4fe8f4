import base64
import json
import math
import re
from html import unescape

import numpy as np
import pytest
import torch

import models
from explorer import loading
from explorer.panels.hmm_model import HIKE, ICE_CREAMS
from explorer.texts import LETTERS
from models.card import ModelCard
from models.mixers.hmm import HMM
from models.mixers.hmm_learning import Learning, found, letters_of, restarts
from models.mixers.hmm_lm import HMMLM
from models.prediction import next_token
from models.tokens.words import WordTokenizer
from tests.app.conftest import run
from tests.app.test_pages import ODD, charts, notices
from tests.app.test_views import bodies, formulas, numbers

WORDS = ["happy", "new", "year", "people", "say", "the"]


@pytest.fixture
def small(monkeypatch):
    """A model of words in place of the trained one: 12 states, and 9 words with start, end and unknown."""
    generator = torch.Generator().manual_seed(7)
    tokenizer = WordTokenizer(WORDS)
    tables = [(torch.randn(shape, generator=generator) * 2).double() for shape in ((12,), (12, 12), (12, 9))]
    tables[2][:, tokenizer.start_id] = -math.inf
    card = ModelCard(
        name="hmm", title="Small HMM", family="hmm", corpus="nothing", licence="none", source="none",
        precision="float64", vocab_size=9, start_token="<s>", end_token="</s>",
    )  # fmt: skip
    lm = HMMLM(HMM(*(table.log_softmax(-1) for table in tables)), tokenizer, card)
    load = models.load
    monkeypatch.setattr(models, "load", lambda name, *args: lm if name == "hmm" else load(name, *args))
    loading.forget("hmm")
    yield lm
    loading.forget("hmm")


def words(app):
    return "\n".join(text.value for text in app.text)


def bars(app, chart):
    return json.loads(charts(app)[chart].spec)["data"]


def test_the_words_that_the_model_does_not_know_are_named_and_an_example_stays(open_page):
    app = open_page("hmm", prompt="On January 1 people usually say happy new")
    [notice] = notices(app)
    assert "does not know 'On', 'January', '1' and 4 others" in unescape(notice)
    assert "Below is an example" in notice
    assert "Best path: Det → Noun → Modal → Verb." in words(app)
    run(app.text_area[0].input("people can the fish"))
    assert not notices(app)
    run(app.text_area[0].input("people can the cat"))
    assert "still belongs" in notices(app)[0]
    assert "Best path: Noun → Verb → Det → Noun." in words(app)


def test_the_most_probable_states_need_not_be_a_path(open_page):
    app = open_page("hmm", prompt="walking resting", hmm_model=HIKE, hmm_mode="posterior")
    assert "Best path: Valley → Inn." in words(app)
    assert "taken alone: Ridge, Inn: a path that this model can never take." in words(app)
    app = open_page("hmm", prompt="2 3 1", hmm_model=ICE_CREAMS)
    assert "taken alone, is the same" in words(app)


def test_a_model_that_can_not_be_read_leaves_the_last_good_one(open_page):
    app = open_page("hmm", prompt="2 3 1", hmm_model=ICE_CREAMS)
    before = charts(app)[0].spec
    run(app.text_area[1].input("Hot: one | Hot 1 | 1 1"))
    assert "Line 1 (Hot): 'one' is no number" in unescape(notices(app)[0])
    assert charts(app)[0].spec == before
    run(app.text_area[1].input("Hot: 1 | Hot 1 | 1 2 2 3 3 5"))
    assert not notices(app)
    assert "Rows sum to 1: these were divided by their sum. Hot: words (10)" in words(app)
    assert any("<td>0.2</td><td>0.3</td><td>0.5</td>" in body for body in bodies(app))


@pytest.mark.parametrize("mode", ["forward", "posterior", "viterbi"])
def test_the_formulas_are_those_of_the_mode(open_page, mode):
    app = open_page("hmm", prompt="3 1", hmm_model=ICE_CREAMS, hmm_mode=mode)
    hot, cold = 0.5 * 0.6, 0.5 * 0.1
    ends = [(hot * 0.7 + cold * 0.4) * 0.1, (hot * 0.3 + cold * 0.6) * 0.6]
    last = numbers(formulas(app)[-1])
    if mode == "forward":
        assert last[-3:] == pytest.approx([*ends, sum(ends)], rel=1e-3)
    elif mode == "posterior":
        assert last[-1] == pytest.approx(ends[1] / sum(ends), abs=1e-4)
    else:
        assert last[-1] == pytest.approx(hot * 0.3 * 0.6, rel=1e-3)


def test_vowels_are_found(open_page):
    app = open_page("hmm", hmm_view="letters")
    assert "24 of 24 letters are on the side where a list of vowels has them." in words(app)
    *_, of_vowels = sorted(bars(app, 0), key=lambda bar: "vowels" in bar["name"])
    assert "mostly vowels" in of_vowels["name"]
    assert len(bars(app, 1)) == 5
    _, _, share, per_letter = (numbers(formula) for formula in formulas(app))
    assert share[-3] / share[-2] == pytest.approx(share[-1], abs=1e-3)
    assert per_letter[0] / per_letter[1] == pytest.approx(per_letter[2], abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("way", "states"), [("running", 3), ("spaced", 2)])
def test_what_is_said_of_the_letters_is_what_was_found(open_page, way, states):
    text = LETTERS[:300]
    app = open_page("hmm", hmm_view="letters", hmm_text=text, hmm_way=way, hmm_states=str(states), hmm_restarts="2")
    letters = letters_of(text, way)
    learning = Learning(letters, restarts(letters, states, 2, 150))
    while not learning.go_on(1.0):
        pass
    what = found(learning.best.hmm, letters)
    agreeing = sum(agrees for symbol, agrees in zip(letters.symbols, what.agreeing) if symbol != " ")
    assert f"{agreeing} of {len(set(letters.symbols) - {' '})} letters" in words(app)
    assert len(bars(app, 0)) == states
    assert f"{letters.count:,} letters." in words(app)


def test_letters_of_no_use_are_explained_and_the_last_stay(open_page):
    app = open_page("hmm", hmm_view="letters", hmm_restarts="1")
    before = charts(app)[0].spec
    for text in ODD.values():
        run(app.text_area[0].input(text))
        assert notices(app) or charts(app)[0].spec != before
    run(app.text_area[0].input("123"))
    assert "Paste a longer text" in notices(app)[0]
    assert len(charts(app)) == 2


def test_learning_can_be_stopped_and_goes_on(open_page, monkeypatch):
    """A stand-in works a round a slice, so that the reader has time to press Stop."""
    rounds = restarts(letters_of(LETTERS, "once"), 2, 3, 40)
    learning = Learning(letters_of(LETTERS, "once"), rounds)
    learning.go_on(1e-9)
    monkeypatch.setattr(loading, "learning", lambda *_: learning)
    app = open_page("hmm")
    app.session_state["_stopped"] = {"hmm letters": ("", (learning.letters, 2, 5))}
    show = next(control for control in app.segmented_control if control.label == "Show")
    run(show.set_value("letters"))
    assert len(charts(app)) == 2
    assert not learning.ended
    run(next(button for button in app.button if button.label == "Go on").click())
    assert learning.ended
    assert len(bars(app, 1)) == 3


def decoded(array):
    """A number array of a figure as it is sent."""
    shape = [int(size) for size in array["shape"].split(",")]
    return np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"]).reshape(shape)


@pytest.mark.parametrize("text", ["", "happy new", "people say the new year", "unheard happy"])
def test_beliefs_and_the_next_word_are_the_models(open_page, small, text):
    app = open_page("hmm", hmm_view="words", prompt=text)
    ids = small.tokenizer.encode(text)
    table = small.belief(ids)
    drawn = json.loads(charts(app)[0].spec)["data"]
    z = decoded(drawn[0]["z"])
    assert z.shape == (11, len(ids) + 1)
    assert z.sum(0) == pytest.approx([1] * (len(ids) + 1), abs=1e-5)
    assert z[:-1].max(0) == pytest.approx(table.max(1).values.numpy(), abs=1e-5)
    firsts = [small.tokenizer.tokens(next_token(small, ids[:i]).top_ids(1))[0] for i in range(len(ids) + 1)]
    layout = json.loads(charts(app)[0].spec)["layout"]
    assert [unescape(word) for word in layout["xaxis2"]["ticktext"]] == firsts
    assert layout["yaxis"]["ticktext"][-1] == "all other 2"
    whole, rest = numbers(formulas(app)[-1])[-1], next_token(small, ids)
    assert whole == pytest.approx(float(rest.probs.max()), abs=1e-4)


def test_the_formula_of_the_next_word_sums_up(open_page, small):
    app = open_page("hmm", hmm_view="words", prompt="happy new")
    formula = formulas(app)[-1].split("&= ", 1)[1]
    *factors, others, whole = numbers(re.sub(r"\\text\{.*?\}", "", formula))
    pairs = zip(factors[::2], factors[1::2])
    assert sum(a * b for a, b in pairs) + others == pytest.approx(whole, abs=5e-4)


def test_states_are_listed_by_how_often_they_are_visited(open_page, small):
    app = open_page("hmm", hmm_view="words")
    app.session_state["all_states"] = True
    run(app)
    [body] = [body for body in bodies(app) if "All states" in body]
    found = re.findall(r"<tr><td>(\d+)</td><td>([\d.]+) %</td><td>(.*?)</td></tr>", body)
    shares = [float(share) for _, share, _ in found]
    assert sorted(shares, reverse=True) == shares
    assert sum(shares) == pytest.approx(100, abs=0.5)
    counts = torch.zeros(12)
    for seed in range(300):
        states, symbols = small.hmm.sample(60, seed)
        ends = symbols.index(small.tokenizer.end_id) + 1 if small.tokenizer.end_id in symbols else 60
        counts += torch.bincount(torch.tensor(states[:ends]), minlength=12)
    for number, share, top in found:
        state = int(number) - 1
        assert float(share) == pytest.approx(float(counts[state] / counts.sum()) * 100, abs=4)
        assert unescape(top).startswith(small.top_words(state, 1)[0][0])


@pytest.mark.slow
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_prompts_are_read_or_explained(open_page, small, text):
    app = open_page("hmm", hmm_view="words")
    run(app.text_area[0].input(text))
    assert charts(app)
    assert app.text_area[0].value == text


def test_a_word_of_the_model_may_hold_signs_and_is_written_in_one_way(open_page):
    model = "Sweet: 1 | Sweet 1 | ice-cream 0.5 it's 0.5"
    app = open_page("hmm", hmm_model=model, prompt="Ice-cream it's ice-cream")
    assert not notices(app)
    app = open_page("hmm", hmm_model="One: 1 | One 1 | Fish 0.5 fish 0.5", prompt="fish")
    assert any("Fish and fish are the same word" in notice for notice in notices(app))
