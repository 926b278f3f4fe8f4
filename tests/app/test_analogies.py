import base64
import gzip
import json
import re
from html import unescape

import numpy as np
import pytest

from explorer import spaces
from explorer.components import word_fields
from models.tokens import projections, questions, vector_files
from models.tokens.questions import gensim_file, read_questions
from models.tokens.relations import PAIRS, read_pairs
from models.tokens.space import WordVectors, analogy, neighbours
from models.zoo.vectors import load
from tests.app.conftest import run
from tests.app.test_pages import ODD, charts, notices
from tests.app.test_views import bodies

VIEWS = ("words", "relation", "map", "accuracy")
ROWS = re.compile(r"<td>(?:\d+</td><td>)?<bdi>(.*?)</bdi>.*?</td><td>(.*?)</td></tr>")


@pytest.fixture(scope="module")
def word2vec():
    return load("word2vec")


def table(app):
    """The words and numbers of the ranked answers, or of the neighbours."""
    [body] = [body for body in bodies(app) if "<bdi>" in body and "<table" in body]
    rows = ROWS.findall(body.split("<tbody>")[1])
    return [(unescape(word), float(number.replace("−", "-"))) for word, number in rows]


def components(app, field):
    """What the components on the page that have this field were given."""
    found = [json.loads(one.proto.json) for one in app.get("bidi_component") if one.proto.json]
    return [data for data in found if field in data]


def texts(app):
    return " ".join(text.value for text in app.text)


def test_the_first_answers_are_the_spaces(open_page, word2vec):
    app = open_page("analogies")
    expected = analogy(word2vec, "king", "man", "woman", 8)
    assert table(app) == [(word, round(score, 3)) for word, score in expected]
    [fields] = components(app, "fields")
    assert [field["word"] for field in fields["fields"]] == ["king", "man", "woman"]
    assert "the nearest would be “king”, a word of the question" in texts(app)
    shares = charts(app)[0].spec
    assert "of the variance" in shares
    assert "% of the variance of these 11 vectors of 100 numbers" in texts(app)


@pytest.mark.parametrize("method", ["add", "mul"])
@pytest.mark.parametrize("inputs", ["0", "1"])
def test_words_method_and_filter_come_from_the_link(open_page, word2vec, method, inputs):
    words = {"analogies_a": "Paris", "analogies_b": "france", "analogies_c": "Germany"}
    app = open_page("analogies", **words, analogies_method=method, analogies_inputs=inputs)
    expected = analogy(word2vec, "paris", "france", "germany", 8, method, inputs == "1")
    assert table(app) == [(word, round(score, 3)) for word, score in expected]
    assert any("input" in body for body in bodies(app)) == (inputs == "1")


def test_the_picture_is_a_parallelogram_in_two_and_three_dimensions(open_page):
    for flat, axes in (("0", "xy"), ("1", "xyz")):
        figure = json.loads(charts(open_page("analogies", analogies_3d=flat))[0].spec)
        lines = [
            trace for trace in figure["data"] if "lines" in trace.get("mode", "") and trace["line"]["dash"] == "solid"
        ]
        ends = [np.stack([_array(line[axis]) for axis in axes], axis=1) for line in lines]
        assert len(ends) == 2
        np.testing.assert_allclose(ends[0][1] - ends[0][0], ends[1][1] - ends[1][0], atol=1e-5)


def _array(packed):
    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype=packed["dtype"])


@pytest.mark.slow
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_words_get_a_clear_word_and_what_was_there_stays(open_page, text):
    app = open_page("analogies")
    before = table(app), charts(app)[0].spec
    app.query_params["analogies_a"] = text
    run(app)
    assert any("not in the vocabulary" in notice or "type one" in notice for notice in notices(app))
    assert (table(app), charts(app)[0].spec) == before
    assert all(len(notice) < 500 for notice in notices(app))


def test_an_unknown_word_is_answered_by_those_that_were_meant(open_page):
    app = open_page("analogies", analogies_a="qeen")
    assert any("Did you mean &#x27;queen&#x27;" in notice for notice in notices(app))
    assert charts(app)


def test_the_prompt_of_other_pages_is_kept(open_page):
    app = open_page("analogies", prompt="happy new")
    app.query_params.clear()
    app.switch_page("app_pages/basics/next_token.py")
    run(app)
    assert app.text_area[0].value == "happy new"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("nonsense", ["NaN", "-5", ""])
def test_nonsense_parameters_are_ignored(open_page, view, nonsense):
    names = ("source", "method", "relation", "map", "colour", "laid", "test", "3d", "inputs", "alone", "together")
    app = open_page("analogies", analogies_view=view, **{f"analogies_{name}": nonsense for name in names})
    assert charts(app) or components(app, "points")


@pytest.mark.parametrize("view", VIEWS)
def test_every_switch_of_every_view(open_page, view):
    app = open_page("analogies", analogies_view=view)
    for i in range(len(app.toggle)):
        run(app.toggle[i].set_value(True))
        assert not notices(app)


def test_a_relation_is_arrows_and_a_number(open_page):
    app = open_page("analogies", analogies_view="relation", analogies_relation="nationality")
    arrows = [trace for trace in json.loads(charts(app)[0].spec)["data"] if trace["mode"] == "lines+markers"]
    assert len(arrows) == 12
    capitals = float(open_page("analogies", analogies_view="relation").metric[0].value)
    assert 0.2 < capitals < 1
    assert 0.2 < float(app.metric[0].value) < 1


def test_which_pair_is_like_the_others(open_page, word2vec):
    app = open_page("analogies", analogies_view="relation", analogies_relation="nationality")
    pairs = read_pairs(PAIRS["nationality"])
    vector = dict(zip(word2vec.words, word2vec.unit.astype(np.float64)))
    arrows = [vector[a] - vector[b] for a, b in pairs]
    arrows = [arrow / np.linalg.norm(arrow) for arrow in arrows]
    like = []
    for i, arrow in enumerate(arrows):
        mean = np.mean([other for j, other in enumerate(arrows) if j != i], axis=0)
        like.append(float(arrow @ mean / np.linalg.norm(mean)))
        assert like[-1] > np.mean([arrow @ other for j, other in enumerate(arrows) if j != i]) > 0
    for which, i in (("Most", int(np.argmax(like))), ("Least", int(np.argmin(like)))):
        assert f"{which} like the others: {pairs[i][1]} → {pairs[i][0]}, {like[i]:.2f}" in texts(app)


def test_pairs_of_ones_own(open_page):
    app = open_page("analogies", analogies_view="relation", analogies_relation="own")
    run(app.text_area[0].input("paris france, rome italy, xyzzy plugh"))
    arrows = [trace for trace in json.loads(charts(app)[0].spec)["data"] if trace["mode"] == "lines+markers"]
    assert len(arrows) == 2
    assert "Not in the vocabulary: xyzzy, plugh" in texts(app)
    run(app.text_area[0].input("paris france rome"))
    assert any("is no pair" in notice for notice in notices(app))
    assert charts(app)


def test_the_map_holds_every_word_and_marks_the_neighbours(open_page, word2vec):
    app = open_page("analogies", analogies_view="map", analogies_word="Paris")
    [data] = components(app, "points")
    assert data["words"].split("\n") == list(word2vec.words)
    places = np.frombuffer(base64.b64decode(data["points"]), dtype="<i2").reshape(-1, 2)
    reference = projections.pca(word2vec.unit).points
    for axis in range(2):
        assert np.corrcoef(places[:, axis], reference[:, axis])[0, 1] > 0.9999
    near = neighbours(word2vec, "paris", 10)
    assert table(app) == [(word, round(score, 3)) for word, score in near]
    [marks] = components(app, "near")
    assert marks["chosen"] == word2vec.ids["paris"]
    assert marks["near"] == [word2vec.ids[word] for word, _ in near]
    assert "are among its 10 nearest on the picture" in texts(app)


def test_one_word_alone_with_its_neighbours(open_page, word2vec):
    app = open_page("analogies", analogies_view="map", analogies_alone="1", analogies_map="tsne")
    [data] = components(app, "points")
    assert data["words"].split("\n") == ["king", *(word for word, _ in neighbours(word2vec, "king", 40))]


def test_axes_of_ones_own(open_page, word2vec):
    app = open_page("analogies", analogies_view="map", analogies_map="axes", analogies_axes="he she france italy")
    [data] = components(app, "points")
    assert data["ends"] == ["she", "he", "italy", "france"]
    places = np.frombuffer(base64.b64decode(data["points"]), dtype="<i2").reshape(-1, 2)
    step = word2vec.unit[word2vec.ids["he"]] - word2vec.unit[word2vec.ids["she"]]
    assert np.corrcoef(places[:, 0], word2vec.unit @ step)[0, 1] > 0.9999
    app = open_page("analogies", analogies_view="map", analogies_map="axes", analogies_axes="he she")
    assert any("two words" in notice for notice in notices(app))
    assert components(app, "points")


def test_tsne_is_computed_apart_and_shown(open_page, monkeypatch):
    asked = []

    def quick(unit, method, progress, seed=0):
        asked.append((len(unit), method))
        progress(1, 2)
        return unit[:, :2]

    monkeypatch.setattr(projections, "laid_out", quick)
    app = open_page("analogies", analogies_view="map", analogies_map="tsne", analogies_laid="500")
    assert asked == [(500, "tsne")]
    assert len(components(app, "points")[0]["words"].split("\n")) == 500


def test_umap_says_how_to_get_it(open_page, monkeypatch):
    monkeypatch.setattr(projections, "has_umap", lambda: False)
    app = open_page("analogies", analogies_view="map", analogies_map="umap")
    assert any("pip install umap-learn" in notice for notice in notices(app))
    assert components(app, "points")


def few_questions(monkeypatch, tmp_path):
    lines = gensim_file("analogies").read_text().splitlines()
    start = lines.index(": family")
    file = tmp_path / "questions.txt"
    file.write_text("\n".join([*lines[:40], *lines[start : start + 60]]))
    monkeypatch.setattr(questions, "gensim_file", lambda _: file)
    return file


def test_accuracy_is_what_was_asked(open_page, word2vec, monkeypatch, tmp_path):
    file = few_questions(monkeypatch, tmp_path)
    expected = [*questions.answered(word2vec, read_questions(file.read_bytes()))]
    app = open_page("analogies", analogies_view="accuracy")
    asked = sum(one.asked for one in expected)
    assert f"{asked:,} questions asked" in texts(app)
    bars = json.loads(charts(app)[0].spec)["data"]
    assert [trace["name"] for trace in bars] == ["3CosAdd", "3CosMul"]
    assert _array(bars[0]["x"])[1:].tolist() == pytest.approx([one.share("add") for one in expected])
    [body] = [body for body in bodies(app) if "left out" in body]
    assert "<td>family</td>" in body


def test_without_the_set_the_cards_numbers_are_shown(open_page, monkeypatch):
    monkeypatch.setattr(questions, "gensim_file", lambda _: None)
    app = open_page("analogies", analogies_view="accuracy")
    bars = json.loads(charts(app)[0].spec)["data"]
    measured = spaces.measured("word2vec").sections
    assert _array(bars[0]["x"])[1:].tolist() == pytest.approx([add / asked for add, _, asked in measured.values()])
    app = open_page("analogies", analogies_view="accuracy", analogies_test="wordsim353")
    assert any("pip install gensim" in notice for notice in notices(app))
    assert f"ρ {spaces.measured('word2vec').wordsim353:.3f}" in texts(app)


@pytest.mark.parametrize("test", ["wordsim353", "simlex999"])
def test_similarity_is_the_cards(open_page, test):
    app = open_page("analogies", analogies_view="accuracy", analogies_test=test)
    rho = float(re.search(r"Spearman's ρ ([\d.]+)", texts(app))[1])
    assert rho == pytest.approx(getattr(spaces.measured("word2vec"), test), abs=6e-4)


def test_glove_and_parts_of_word2vec(open_page):
    for source, space in (("glove", load("glove")), ("word2vec/context", load("word2vec", "context"))):
        app = open_page("analogies", analogies_source=source)
        assert table(app) == [(word, round(score, 3)) for word, score in analogy(space, "king", "man", "woman", 8)]


def test_a_models_embeddings_by_plain_words(open_page, tiny):
    app = open_page("analogies", analogies_source="model", analogies_a="new", analogies_b="year", analogies_c="happy")
    assert charts(app)
    assert "tokens" in texts(app)
    for view in VIEWS[1:]:
        open_page("analogies", analogies_source="model", analogies_view=view)


def test_a_file_is_read_and_a_broken_one_explained(open_page):
    words = ["the", "king", "man", "woman", "queen", "cat"]
    rows = np.array([[1, 1, 1], [4, 1, 0], [1, 1, 0], [1, 1, 1], [4, 1, 1], [0, 0, 1]])
    data = "\n".join(" ".join(map(str, [word, *row])) for word, row in zip(words, rows)).encode()
    app = open_page("analogies", analogies_source="file")
    assert any("No file yet" in notice for notice in notices(app))
    assert charts(app)
    run(app.get("file_uploader")[0].set_value(("mine.txt.gz", gzip.compress(data), "application/gzip")))
    assert not notices(app)
    assert table(app)[0][0] == "queen"
    assert "6 words, 3 numbers each" in texts(app)
    run(app.get("file_uploader")[0].set_value(("mine.txt", data + b"\ndog 1 2", "text/plain")))
    assert any("Line 7 has 2 numbers" in notice for notice in notices(app))
    assert table(app)[0][0] == "queen"


@pytest.mark.parametrize("view", VIEWS)
def test_a_file_of_few_words_or_of_zeros_is_refused_or_shown(open_page, view):
    rows = ["<pad> 0 0 0", *(f"w{i} {i} {i * i % 7} 1" for i in range(6))]
    app = open_page("analogies", analogies_source="file", analogies_view=view)
    for count in (2, 3, 4, 5):
        data = "\n".join(rows[:count]).encode()
        run(app.get("file_uploader")[0].set_value(("few.txt", data, "text/plain")))
        assert any("choose vectors of 5 words or more" in notice for notice in notices(app))
    run(app.get("file_uploader")[0].set_value(("some.txt", "\n".join(rows).encode(), "text/plain")))
    assert "7 words, 3 numbers each" in texts(app)
    assert "nan" not in texts(app)


def test_what_is_not_ordered_by_frequency_is_not_called_so(open_page, tiny, monkeypatch):
    monkeypatch.setattr(projections, "laid_out", lambda unit, _method, _progress: unit[:, :2])
    model, shipped = (
        open_page("analogies", analogies_source=source, analogies_view="map", analogies_map="tsne", analogies_alone="0")
        for source in ("model", "word2vec")
    )
    assert [one.label for one in model.slider if "words" in one.label] == ["First words"]
    assert [one.label for one in shipped.slider if "words" in one.label] == ["Most frequent words"]


def test_downloads_need_gensim_and_a_click(open_page, monkeypatch):
    asked = []
    space = load("glove")
    monkeypatch.setattr(vector_files, "is_downloaded", lambda _: False)
    monkeypatch.setattr(
        vector_files,
        "downloaded",
        lambda name, _: asked.append(name) or vector_files.VectorFile(space, "GloVe", None, False),
    )
    app = open_page("analogies", analogies_source="gensim")
    assert not asked
    assert any("not on this machine" in notice for notice in notices(app))
    run(app.button(key="fetch_vectors").click())
    assert asked == ["glove-wiki-gigaword-50"]
    assert not notices(app)
    monkeypatch.setattr(vector_files, "has_gensim", lambda: False)
    app = open_page("analogies", analogies_source="gensim")
    assert any("pip install gensim" in notice for notice in notices(app))


def test_what_the_reader_trained_is_offered_and_only_the_newest_are_kept(open_page, monkeypatch):
    kept = {}
    monkeypatch.setattr(spaces, "_kept", lambda: kept)
    for i in range(6):
        vectors = np.random.default_rng(i).normal(size=(6, 4)).astype(np.float32)
        spaces.keep_trained(f"run {i}", WordVectors(f"run {i}", ("king", "man", "woman", "queen", "a", "b"), vectors))
    assert list(spaces.trained()) == ["run 5", "run 4", "run 3", "run 2"]
    app = open_page("analogies", analogies_source="trained: run 3")
    expected = analogy(spaces.trained()["run 3"], "king", "man", "woman", 8)
    assert table(app) == [(word, pytest.approx(score, abs=6e-4)) for word, score in expected]
    app = open_page("analogies", analogies_source="trained: run 0")
    assert "word2vec" in texts(app)


def test_the_boxes_take_only_words(monkeypatch):
    assert word_fields._are_words(["a", "b"], 2)
    assert not word_fields._are_words(["a"], 2)
    assert not word_fields._are_words([1, 2], 2)
    assert not word_fields._is_asked({"a": 1})
    assert not word_fields._is_asked("a" * 101)
