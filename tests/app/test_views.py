"""What the views of the next-token and sentence pages have in common, and what each of them says."""

import json
import math
import re
import shutil
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from html import unescape

import pytest

import models
from explorer.asking import Reading
from explorer.contents import FIRST_PROMPT
from explorer.loading import Loader
from explorer.numbers import percent
from explorer.pairs import PAIRS, right_is_first
from explorer.panels import prompt
from models.prediction import Decoding, beam_search, generate, generating, next_token, score
from models.prediction.comparing import agreement
from models.prediction.generating import Step
from tests.app.conftest import run
from tests.app.test_pages import ODD, charts, notices
from tests.views import VIEWS

TEXTS = [view for view in VIEWS if view != ("sentence", "right")]


LOOP = [Step(i, str(i), -0.5) for i in (9, 8, *(3 * (1, 2, 3)))]


def opened(open_page, slug, view, **parameters):
    return open_page(slug, **{f"{slug}_view": view}, **{f"{slug}_{name}": value for name, value in parameters.items()})


def bodies(app):
    return [html.proto.body for html in app.get("html")]


def generated(app):
    """The continuations on screen: their tokens as written."""
    found = [re.findall(r'<span class="explorer-token[^>]*>(.*?)</span>', body, re.DOTALL) for body in bodies(app)]
    return [[unescape(token) for token in tokens] for tokens in found if tokens]


def written(tokens):
    return [token.replace("␣", " ").replace("⏎", "⏎\n") for token in tokens]


def button(app, label):
    return next(button for button in app.button if button.label == label)


@pytest.mark.slow
@pytest.mark.parametrize(("slug", "view"), VIEWS)
def test_every_control_at_its_extremes(open_page, slug, view):
    app = opened(open_page, slug, view)
    for i in range(len(app.slider)):
        for extreme in (app.slider[i].min, app.slider[i].max):
            run(app.slider[i].set_value(extreme))
            if i >= len(app.slider):
                break
    for i in range(len(app.toggle)):
        run(app.toggle[i].set_value(True))
    assert not any("could not" in notice for notice in notices(app) if view != "models")


@pytest.mark.slow
@pytest.mark.parametrize(("slug", "view"), TEXTS)
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_input_gets_a_result_or_a_clear_word(open_page, slug, view, text):
    app = opened(open_page, slug, view)
    run(app.text_area[0].input(text))
    assert app.text_area[0].value == text
    assert (
        charts(app) or generated(app) or notices(app) or any('class="explorer-table"' in body for body in bodies(app))
    )


@pytest.mark.parametrize("nonsense", ["NaN", "-5", "99999", "<b>", "\ufffd", ""])
@pytest.mark.parametrize(("slug", "view"), VIEWS)
def test_nonsense_parameters_are_ignored(open_page, slug, view, nonsense):
    names = ("length", "seed", "width", "depth", "search", "way", "each", "order", "pair", "guesses", "bars")
    app = open_page(
        slug, prompt_paths=nonsense, **{f"{slug}_view": view}, **{f"{slug}_{name}": nonsense for name in names}
    )
    assert app.title[0].value


@pytest.mark.parametrize(("slug", "view"), VIEWS)
def test_without_any_model_every_view_says_so(open_page, monkeypatch, slug, view):
    monkeypatch.setenv("LM_EXPLORER_MODEL", "no/such-model")
    app = opened(open_page, slug, view, guesses="A")
    assert any("Check the name and the network" in notice for notice in notices(app))


def test_a_list_that_fails_is_explained_with_its_formula_open(open_page):
    app = opened(open_page, "sentence", "list", list="happy\nnew")
    formulas(app)
    run(app.text_area[0].input("happy\n\x04"))
    assert any("Sentence 2" in notice for notice in notices(app))
    assert not any('class="explorer-table"' in body for body in bodies(app))


def test_the_same_tokens_are_read_by_both_models(open_page, tiny, tiny_folder, tmp_path):
    """Tokens appended by a click may be cut otherwise than their text: a copy of the model must agree all the same."""
    other = shutil.copytree(tiny_folder, tmp_path / "copy")
    ids = [token_id for letter in "new" for token_id in tiny.tokenizer.encode(letter)]
    assert tiny.tokenizer.encode("new") != ids
    cut = {"prompt": "new", "prompt_ids": ",".join(map(str, ids))}
    app = open_page("next_token", next_token_view="models", next_token_other=str(other), **cut)
    assert re.search(r"(100.0|> 99.9) % of the probability", app.subheader[0].value)
    app = open_page("sentence", sentence_b="new years", sentence_other=str(other), **cut)
    [table] = [body for body in bodies(app) if "Two models as judges" in body]
    assert table.count(f"<td>−{-score(tiny, ids).total:.2f}</td>") == 2


def test_presets_show_what_they_promise_after_any_choice(open_page):
    app = opened(open_page, "next_token", "generate", way="beam", length="5")
    run(app.button(key="preset_A loop").click())
    assert len(generated(app)) == 1


def test_another_model_forgets_the_branches_of_this_one(open_page):
    app = open_page("next_token", prompt_paths="1.5-6")
    control = next(control for control in app.segmented_control if control.label == "Model")
    run(control.set_value("smollm2-135m"))
    assert "prompt_paths" not in app.query_params


@pytest.mark.parametrize("way", ["greedy", "sample"])
def test_the_generated_text_is_generates(open_page, tiny, way):
    app = opened(open_page, "next_token", "generate", way=way, length="7", seed="3")
    decoding = Decoding(temperature=0.0) if way == "greedy" else Decoding(seed=3)
    steps = list(generate(tiny, app.text_area[0].value, decoding, 7))
    assert generated(app) == [written([step.token for step in steps])]
    total = sum(step.log_prob for step in steps)
    assert any(f"ln P = −{-total:,.2f} ·" in body for body in bodies(app))


def test_the_same_seed_gives_the_same_text_and_another_another(open_page):
    texts = [
        generated(opened(open_page, "next_token", "generate", way="sample", length="12", seed=seed))
        for seed in ("5", "5", "6")
    ]
    assert texts[0] == texts[1] != texts[2]


def test_beams_are_those_of_beam_search(open_page, tiny):
    app = opened(open_page, "next_token", "generate", way="beam", length="5", width="3")
    *_, last = beam_search(tiny, app.text_area[0].value, 3, 5)
    assert generated(app) == [written(tiny.tokenizer.tokens(one.token_ids)) for one in last]


def test_a_loop_is_said_and_marked(open_page, tiny, monkeypatch):
    monkeypatch.setattr(generating, "generate_batch", lambda *_args: ([step] for step in LOOP))
    app = opened(open_page, "next_token", "generate", length="60")
    [body] = [body for body in bodies(app) if "explorer-token explorer-loop" in body]
    assert body.count("explorer-token explorer-loop") == 9
    assert body.count('class="explorer-token"') == 2
    assert any("the last 9 tokens (underlined) repeat the same 3." in notice for notice in notices(app))


def test_going_on_from_a_text_makes_it_the_prompt(open_page, tiny):
    app = opened(open_page, "next_token", "generate", length="4")
    before = app.text_area[0].value
    steps = list(generate(tiny, before, Decoding(temperature=0.0), 4))
    run(button(app, "Go on").click())
    assert app.text_area[0].value == tiny.tokenizer.decode(
        [*tiny.tokenizer.encode(before), *(step.token_id for step in steps)]
    )
    run(app.button(key="undo").click())
    assert app.text_area[0].value == before


def test_samples_are_single_texts_of_their_seeds(open_page, tiny):
    app = opened(open_page, "next_token", "samples", each="5", seed="2", temperature="0.7")
    texts = generated(app)
    assert len(texts) == 8
    for i in (0, 7):
        steps = generate(tiny, app.text_area[0].value, Decoding(0.7, seed=2 + i), 5)
        assert texts[i] == written([step.token for step in steps])


def tree_boxes(app):
    spec = json.loads(charts(app)[0].spec)
    return [path.split(".")[1] for path in spec["data"][1]["customdata"]]


def test_the_tree_keeps_branches_and_goes_back_to_them(open_page, tiny):
    app = opened(open_page, "next_token", "tree", search="none")
    first = app.text_area[0].value
    ids = tiny.tokenizer.encode(first)
    best = next_token(tiny, ids).top_ids(2)
    paths = f"{len(ids)}.{best[0]}"
    app = open_page(
        "next_token", next_token_view="tree", next_token_search="none", prompt=tiny.tokenizer.decode([*ids, best[1]]),
        prompt_paths=paths, prompt_ids=",".join(map(str, [*ids, best[1]])),
    )  # fmt: skip
    boxes = tree_boxes(app)
    assert {str(best[0]), str(best[1])} <= set(boxes)
    after = next_token(tiny, [*ids, best[1]]).top_ids(5)
    assert {f"{best[1]}-{token_id}" for token_id in after} <= set(boxes)
    run(app.text_area[0].input("once upon"))
    assert "prompt_paths" not in app.query_params


def test_the_tree_lays_greedy_and_beam_over_it(open_page, tiny):
    app = opened(open_page, "next_token", "tree", width="3", depth="4")
    ids = tiny.tokenizer.encode(app.text_area[0].value)
    *_, beams = beam_search(tiny, ids, 3, 4)
    *_, greedy = beam_search(tiny, ids, 1, 4)
    boxes = tree_boxes(app)
    for one in (*beams, *greedy):
        assert "-".join(map(str, one.token_ids)) in boxes
    said = app.subheader[0].value
    assert said.startswith("Beam search finds a path") == (beams[0].total > greedy[0].total + 1e-4)


def test_a_second_model_that_is_refused_says_why(open_page, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    for name, said in (("no/such-model", "Check the name"), (str(tmp_path), "be read ("), ("../x y", "neither a")):
        app = opened(open_page, "next_token", "models", other=name)
        if name == "no/such-model":
            assert not notices(app)  # a link alone fetches nothing
            run(button(app, "Fetch it from the Hugging Face hub").click())
        assert any(said in notice for notice in notices(app)), notices(app)
        assert len(charts(app)) == 1


def test_two_models_share_what_agreement_says(open_page, tiny, tiny_folder, tmp_path):
    other = shutil.copytree(tiny_folder, tmp_path / "other")
    app = opened(open_page, "next_token", "models", other=str(other))
    assert len(charts(app)) == 2
    after = next_token(tiny, app.text_area[0].value)
    assert agreement(after, after).shared == pytest.approx(1)
    assert app.subheader[0].value.startswith("Both models have the same first choice")
    assert re.search(r"(100.0|> 99.9) % of the probability", app.subheader[0].value)


def test_a_list_is_ranked_by_probability(open_page, tiny):
    sentences = ["happy new year", "year new happy", "once upon a time"]
    app = opened(open_page, "sentence", "list", list="\n".join(sentences))
    [table] = [body for body in bodies(app) if "Sentences by probability" in body]
    shown = re.findall(r"<tr><td>\d+</td><td>(.*?)</td><td>(.*?)</td>", table)
    wanted = sorted(((score(tiny, text).total, text) for text in sentences), reverse=True)
    assert shown == [(text, f"−{-total:.2f}") for total, text in wanted]


def test_the_file_of_a_list_holds_plain_numbers(open_page, tiny, csv_files):
    sentences = ["happy new year", "once upon a time", "happy new year " * 60]  # the last one's is no float: e^-800
    opened(open_page, "sentence", "list", list="\n".join(sentences))
    for row in csv_files[-1]:
        total = score(tiny, row["sentence"]).total
        assert Fraction(row["P"]) > 0
        assert float(Decimal(row["P"]).ln()) == pytest.approx(total, abs=1e-4) == float(row["ln P"])
    assert min(float(row["ln P"]) for row in csv_files[-1]) < -745


def test_the_second_model_at_first_is_one_that_says_a_word(open_page):
    app = open_page("next_token", next_token_view="models")
    name = next(box.value for box in app.selectbox if box.label == "The other model")
    lm = models.load(name)
    assert next_token(lm, FIRST_PROMPT).top(1)[0][0] != lm.tokenizer.tokens([lm.tokenizer.unk_id])[0]
    assert len(charts(app)) == 2
    app = open_page("next_token", next_token_view="models", next_token_other="bigram")
    assert next(box.value for box in app.selectbox if box.label == "The other model") == "bigram"


def test_what_the_reader_made_is_the_second_model_at_first(open_page):
    lm = models.load("ffn-2")
    lm.card = replace(lm.card, name="yours-1", title="Yours 1")
    app = open_page("next_token")
    app.session_state["_kept"] = {"yours-1": Loader("yours-1", lm)}
    app.query_params["next_token_view"] = "models"
    run(app)
    assert next(box.value for box in app.selectbox if box.label == "The other model") == "yours-1"
    assert len(charts(app)) == 2


def test_more_than_50_sentences_are_not_cut_silently(open_page):
    app = opened(open_page, "sentence", "list", list="happy new year\n" * 53)
    assert any("the other 3 are not" in notice for notice in notices(app))
    app = opened(open_page, "sentence", "list", list="happy\n\x04\nnew")
    assert any("Sentence 2" in notice for notice in notices(app))


def test_a_guess_is_answered_by_truth_and_model(open_page, tiny):
    app = opened(open_page, "sentence", "right")
    pair = PAIRS[0]
    assert {f"A: {pair.right}", f"A: {pair.wrong}"} & {button.label for button in app.button}
    assert not app.subheader
    right = "A" if right_is_first(1) else "B"
    run(next(button for button in app.button if button.label.startswith(f"{right}: ")).click())
    assert app.subheader[0].value.startswith(f"Yes: {right} is right")
    ratio = score(tiny, pair.right).total - score(tiny, pair.wrong).total
    said = next(text.value for text in app.text if text.value.startswith("The model finds"))
    assert f"The model finds {right if ratio > 0 else 'BA'['AB'.index(right)]} " in said
    assert any("you 1 of 1" in text.value for text in app.text)
    run(button(app, "Next pair").click())
    assert not app.subheader
    assert app.query_params["sentence_guesses"] == right
    run(button(app, "Previous pair").click())
    run(button(app, "See what decides it").click())
    assert [area.value for area in app.text_area] == [pair.right, pair.wrong][:: 1 if right == "A" else -1]


def test_a_second_judge_is_asked_about_the_same_pair(open_page, tiny, tiny_folder, tmp_path):
    other = shutil.copytree(tiny_folder, tmp_path / "judge")
    app = open_page("sentence", sentence_other=str(other))
    a, b = (area.value for area in app.text_area)
    ratio = score(tiny, a).total - score(tiny, b).total
    [table] = [body for body in bodies(app) if "Two models as judges" in body]
    assert table.count(f"{'A' if ratio > 0 else 'B'} is ") == 2
    assert table.count(f"<td>−{-score(tiny, a).total:.2f}</td>") == 2
    assert "The two models agree." in [header.value for header in app.subheader]


def formulas(app):
    """The formulas of the opened explanation; an underbrace is left with what stands over it."""
    app.session_state["how_computed"] = True
    run(app)
    return [re.sub(r"_\{\\fbox\{\\texttt\{.*?\}\}\}", "", latex.value.strip("$\n ")) for latex in app.latex]


def numbers(latex):
    latex = re.sub(r"(-?[\d.]+) \\times 10\^\{(-?\d+)\}", r"\1e\2", latex)
    return [float(number) for number in re.findall(r"(?<![\w_.])[-+]?\d+(?:\.\d+)?(?:e-?\d+)?", latex)]


@pytest.mark.parametrize(("slug", "view"), [("next_token", "next"), *VIEWS])
def test_every_view_explains_how_it_is_computed(open_page, slug, view):
    parameters = {"guesses": "A"} if view == "right" else {"other": "../.."} if view == "models" else {}
    app = opened(open_page, slug, view, **parameters)
    boxes = [box for box in app.expander if box.label == "How this is computed"]
    assert len(boxes) == (view != "models")
    if boxes:
        assert formulas(app)
        assert all("def " in code.value for code in app.code)


@pytest.mark.parametrize("settings", [{}, {"way": "beam"}, {"way": "sample", "length": "3"}])
def test_the_formula_of_a_generated_text_sums_to_its_total(open_page, settings):
    app = opened(open_page, "next_token", "generate", **settings)
    formula = re.sub(r"\\text\{.*?\}", "", formulas(app)[-1])  # "the other 26"
    *terms, total = numbers(formula.split("ln P &=")[1])
    shown = next(found for body in bodies(app) if (found := re.search(r"ln P = −([\d.]+)", body)))
    assert total == pytest.approx(-float(shown[1]), abs=0.006)
    assert sum(terms) == pytest.approx(total, abs=0.03)


def test_the_formula_of_a_path_sums_to_the_number_in_the_tree(open_page):
    app = opened(open_page, "next_token", "tree")
    words = json.loads(charts(app)[0].spec)["data"][2]["text"]
    totals = {float(word.split("<br>")[1].replace("−", "-")) for word in words[1:]}
    found = formulas(app)[1:]
    assert len(found) == 2
    for latex in found:
        *terms, total = numbers(latex.split(":", 1)[1])
        assert sum(terms) == pytest.approx(total, abs=0.01 * len(terms))
        assert min(abs(total - shown) for shown in totals) < 0.0051


def test_the_formula_of_variety_is_its_number(open_page):
    app = opened(open_page, "next_token", "samples")
    different, of, share = numbers(formulas(app)[0].split("number of pairs")[1])
    assert different / of == pytest.approx(share, abs=6e-4)
    assert any(f"{share * 100:.1f} %" in element.value for element in app.markdown)


def test_the_formula_of_a_pair_of_sentences_is_its_ratio(open_page):
    app = opened(open_page, "sentence", "right", guesses="A")
    right, wrong, log_ratio, ratio = numbers(formulas(app)[0].split("=", 2)[2].replace("- (", "("))
    assert right - wrong == pytest.approx(log_ratio, abs=0.02)
    assert math.log(ratio) == pytest.approx(log_ratio, abs=0.006)


def test_the_formulas_of_the_first_of_a_list_are_its_row(open_page):
    app = opened(open_page, "sentence", "list")
    [table] = [body for body in bodies(app) if "Sentences by probability" in body]
    row = [float(cell.replace("−", "-")) for cell in re.findall(r"<td>(−?[\d.]+)</td>", table)[:5]]
    _, log_prob, token_count, per_token, bits = row
    _, total, mean, per_character = formulas(app)
    assert numbers(total)[0] == log_prob
    assert math.log(numbers(total)[1]) == pytest.approx(log_prob, abs=0.01)
    assert numbers(mean) == [log_prob, token_count, per_token]
    bits_of_all, characters, quotient = numbers(per_character)
    assert quotient == bits
    assert bits_of_all / characters == pytest.approx(bits, abs=0.006)


def test_the_formulas_of_the_next_token_are_the_first_bars(open_page, tiny):
    app = opened(open_page, "next_token", "next", temperature="0.7", top_p="0.9")
    after = next_token(tiny, app.text_area[0].value)
    first = after.top_ids(1)[0]
    _, softmax, entropy, perplexity, _, tempered = formulas(app)
    logit, log_sum, difference, probability = numbers(softmax.split("=", 1)[1])
    assert logit - log_sum == pytest.approx(difference, abs=2e-4)
    assert math.exp(difference) == pytest.approx(probability, abs=1e-4)
    assert probability == pytest.approx(float(after.probs[first]), abs=1e-4)
    assert numbers(entropy)[-1] == pytest.approx(after.entropy, abs=0.006)
    assert numbers(perplexity)[-1] == pytest.approx(2**after.entropy, rel=1e-3)
    _, own, part, kept, result = numbers(tempered)
    assert own == part
    assert part / kept == pytest.approx(result, abs=2e-3)
    assert result == pytest.approx(float(Decoding(0.7, top_p=0.9).apply(after.logits).probs[first]), abs=1e-4)


def test_the_formulas_of_two_sentences_are_their_totals(open_page, tiny):
    app = open_page("sentence")
    for text, product, total in zip([area.value for area in app.text_area], *[iter(formulas(app)[1:])] * 2):
        one = score(tiny, text)
        *factors, whole = numbers(product.split("=", 1)[1])
        assert [math.log(factor) for factor in factors] == pytest.approx(one.log_probs[:4].tolist(), abs=0.006)
        assert math.log(whole) == pytest.approx(one.total, abs=0.006)
        *terms, last = numbers(total.split("=", 2)[2])
        assert sum(terms) == pytest.approx(last, abs=0.03)
        assert last == pytest.approx(one.total, abs=0.006)


def test_the_formula_of_two_models_is_the_share_in_the_headline(open_page, tiny, tiny_folder, tmp_path):
    import torch
    from transformers import LlamaForCausalLM

    other = shutil.copytree(tiny_folder, tmp_path / "noisy")
    network = LlamaForCausalLM.from_pretrained(other)
    with torch.no_grad():
        network.model.norm.weight *= 0.5
    network.save_pretrained(other)
    app = opened(open_page, "next_token", "models", other=str(other))
    a, b = (next_token(lm, app.text_area[0].value) for lm in (tiny, models.load(str(other))))
    wanted = float(torch.minimum(a.probs, b.probs).sum())
    assert 0.1 < wanted < 0.95
    assert f"{100 * wanted:.1f} %" in app.subheader[0].value
    *_, in_a, in_b, share = numbers(formulas(app)[-1])
    first = a.top_ids(1)[0]
    assert (in_a, in_b) == pytest.approx((float(a.probs[first]), float(b.probs[first])), abs=1e-4)
    assert share == pytest.approx(wanted, abs=1e-4)


def test_a_word_that_is_not_in_the_vocabulary_is_named_with_what_it_costs(open_page):
    app = open_page("next_token", model="trigram", prompt="The zyxomma <b>flew")
    assert any("Not in the vocabulary: zyxomma" in text.value for text in app.text)
    [strip] = [c.proto for c in app.get("bidi_component") if c.proto.component_name == "explorer_token_strip"]
    facts = json.loads(strip.json)["tokens"][1]["facts"]
    one = score(models.load("trigram"), "The zyxomma <b>flew")
    assert facts[-1].startswith("not in the vocabulary: P = ")
    assert facts[0].split(",")[0] == f"probability {percent(math.exp(float(one.log_probs[1])))}"
    app = open_page("sentence", model="trigram", prompt="The zyxomma", sentence_b="The house")
    assert any("Not in the vocabulary: zyxomma" in text.value for text in app.text)
    total = score(models.load("trigram"), "The zyxomma").total
    assert any(f"ln P(A) = {total:,.2f}".replace("-", "−") in text.value for text in app.markdown)


def test_appending_and_cutting_keep_unknown_words_as_they_were_written():
    lm = models.load("bigram")
    one = score(lm, "The  zyxomma is")
    reading, ids = Reading(lm, one, 3, 0.0), list(one.token_ids)
    for token, written in (("the", " the"), (",", ",")):
        [token_id] = lm.tokenizer.encode(token)
        assert prompt._text_of(reading, [*ids, token_id]) == f"The  zyxomma is{written}"
    assert prompt._text_of(reading, ids[:2]) == "The  zyxomma"
    assert prompt._text_of(reading, ids[:1]) == "The"
