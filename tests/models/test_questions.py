import numpy as np
import pytest
from gensim.models import KeyedVectors
from scipy.stats import spearmanr

from models.errors import ModelError
from models.tokens.questions import Section, agreement, answered, gensim_file, read_pairs, read_questions, total
from models.tokens.space import WordVectors

WORDS = [f"{kind}{i}" for i in range(12) for kind in ("Capital", "country", "run", "ran")]


@pytest.fixture(scope="module")
def space():
    """Vectors in which relations hold more or less, and some words in two cases."""
    drawn = np.random.default_rng(3)
    step, tense = drawn.normal(size=(2, 16)) * 2
    rows = []
    for _ in range(12):
        place, verb = drawn.normal(size=(2, 16)) * 2
        rows += [place + step, place, verb, verb + tense]
    vectors = np.array(rows) + drawn.normal(size=(48, 16)) * 0.9
    twins = vectors[[0, 3]] + drawn.normal(size=(2, 16)) * 0.1
    words = [*WORDS, "CAPITAL0", "Ran0"]
    return WordVectors("test", tuple(words), np.vstack([vectors, twins]).astype(np.float32))


@pytest.fixture(scope="module")
def gensim_space(space):
    found = KeyedVectors(16)
    found.add_vectors(list(space.words), space.vectors)
    return found


@pytest.fixture(scope="module")
def questions():
    lines = []
    for name, (one, other) in {"places": ("Capital", "country"), "verbs": ("run", "ran")}.items():
        lines.append(f": {name}")
        lines += [f"{one}{i} {other}{i} {one}{j} {other}{j}" for i in range(12) for j in range(12) if i != j]
    return "\n".join([*lines, "Capital1 country1 nowhere country2", ": empty"]).encode()


@pytest.mark.parametrize("restrict", [30_000, 40, 20])
def test_right_answers_are_gensims(space, gensim_space, questions, tmp_path, restrict):
    file = tmp_path / "questions.txt"
    file.write_bytes(questions)
    _, theirs = gensim_space.evaluate_word_analogies(file, restrict_vocab=restrict)
    right = {one["section"]: (len(one["correct"]), len(one["correct"]) + len(one["incorrect"])) for one in theirs}
    ours = [*answered(space, read_questions(questions), restrict=restrict)]
    assert {one.name: (one.right["add"], one.asked) for one in ours} == {
        name: counts for name, counts in right.items() if name in {"places", "verbs"}
    }
    whole = total(ours, "all")
    assert (whole.right["add"], whole.asked) == right["Total accuracy"]
    assert whole.asked + whole.skipped == 2 * 12 * 11 + 1
    assert 0 < whole.right["add"] < whole.asked


def test_the_other_method_is_gensims_too(space, gensim_space, questions):
    sections = [
        Section(one.name, tuple(asked for asked in one.questions if {*asked} <= {*WORDS[4:]}))
        for one in read_questions(questions)
    ]
    right = 0
    for section in sections:
        for a, b, c, d in section.questions:
            right += gensim_space.most_similar_cosmul(positive=[b, c], negative=[a], topn=1)[0][0] == d
    whole = total([*answered(space, sections)], "all")
    assert whole.right["mul"] == right
    assert whole.right["mul"] != whole.right["add"]


def test_progress_can_stop_it(space, questions):
    def stop(_done, _of):
        raise KeyError("stopped")

    with pytest.raises(KeyError):
        next(answered(space, read_questions(questions), stop))


def test_google_set_has_its_19544_questions():
    sections = read_questions(gensim_file("analogies").read_bytes())
    assert sum(len(section.questions) for section in sections) == 19_544
    assert len(sections) == 14


@pytest.mark.parametrize(("name", "pairs"), [("wordsim353", 353), ("simlex999", 999)])
def test_rank_correlations_are_gensims(name, pairs):
    read = read_pairs(gensim_file(name).read_bytes())
    assert len(read) == pairs
    words = list(dict.fromkeys(word.lower() for one, other, _ in read for word in (one, other)))[::2]
    vectors = np.random.default_rng(0).normal(size=(len(words), 10)).astype(np.float32)
    reference = KeyedVectors(10)
    reference.add_vectors(words, vectors)
    _, (rho, _), missing = reference.evaluate_word_pairs(gensim_file(name))
    found = agreement(WordVectors("test", tuple(words), vectors), read)
    assert found.rho == pytest.approx(rho, abs=1e-6)
    assert found.rho == pytest.approx(spearmanr(found.human, found.cosine).statistic, abs=1e-6)
    assert found.skipped / pairs * 100 == pytest.approx(missing)


def test_other_layouts_of_pairs_are_read():
    simlex = (
        b"word1\tword2\tPOS\tSimLex999\tconc\nold\tnew\tA\t1.58\t2.7\nsmart\tclever\tA\t9.2\t1\nhard\teasy\tA\t0.95\t1"
    )
    assert read_pairs(simlex) == (("old", "new", 1.58), ("smart", "clever", 9.2), ("hard", "easy", 0.95))
    assert read_pairs(b"a,b,1\nc,d,2\ne,f,3") == read_pairs(b"a b 1\nc d 2\n\ne f 3\n")


@pytest.mark.parametrize(
    ("read", "data", "said"),
    [
        (read_questions, b"Athens Greece Oslo", "Line 1 has 3 words"),
        (read_questions, b": a\nA B C D\nE F G H I", "Line 3 has 5 words"),
        (read_questions, b"", "no question"),
        (read_questions, b": only\n: names", "no question"),
        (read_questions, b"\xff\xfe", "not UTF-8"),
        (read_pairs, b"a\tb\t1\nc\td", "Line 2 is not two words and a number"),
        (read_pairs, b"a\tb\t1\nc\td\tnan", "Line 2"),
        (read_pairs, b"a\tb\t1\nc\td\t2", "three pairs"),
        (read_pairs, b"", "three pairs"),
        (read_pairs, b"\x80", "not UTF-8"),
    ],
)
def test_other_files_are_refused(read, data, said):
    with pytest.raises(ModelError) as error:
        read(data)
    assert said in str(error.value)


def test_too_few_known_pairs_are_explained(space):
    with pytest.raises(ModelError, match="Fewer than three"):
        agreement(space, [("run1", "ran1", 1.0), ("a", "b", 2.0), ("c", "d", 3.0)])
