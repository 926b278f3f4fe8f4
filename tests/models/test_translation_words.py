"""English and French in pieces, and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tasks.translation_words import (
    FrenchVocabulary,
    english,
    french,
    normal_english,
    normal_french,
    write_french,
)


@pytest.mark.parametrize(
    ("text", "pieces", "words"),
    [
        ("I don't know.", ["I", "do", "n't", "know", "."], ["i", "do", "n't", "know", "."]),
        ("He can't; I won't!", ["He", "can", "'t", ";", "I", "wo", "n't", "!"], None),
        ("Tom's here, isn't he?", ["Tom", "'s", "here", ",", "is", "n't", "he", "?"], None),
        ("We've seen they're 10.5 at 2:30", ["We", "'ve", "seen", "they", "'re", "10.5", "at", "2:30"], None),
        ("It’s five o'clock…", ["It", "’s", "five", "o'clock", "…"], ["it", "'s", "five", "o'clock", "…"]),
        ("well-known", ["well", "-", "known"], None),
        ("", [], []),
    ],
)
def test_english_is_cut_at_contractions_and_signs(text, pieces, words):
    found = english(text)
    assert [piece.text for piece in found] == pieces
    assert all(text[piece.start : piece.stop] == piece.text for piece in found)
    if words is not None:
        assert [piece.word for piece in found] == words


def test_a_contraction_is_looked_up_as_the_whole_words_it_stands_for():
    assert [piece.word for piece in english("I can't, I won't, we shan't")] == [
        *("i", "can", "n't", ","),
        *("i", "will", "n't", ","),
        *("we", "shall", "n't"),
    ]
    assert [piece.word for piece in english("wo 't")] == ["wo", "'", "t"]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_whatever_is_typed_its_pieces_are_all_that_is_not_space(text):
    pieces = english(text)
    assert all(text[piece.start : piece.stop] == piece.text for piece in pieces)
    assert "".join(piece.text for piece in pieces) == "".join(text.split())


def test_sentences_that_differ_in_case_and_signs_are_the_same():
    assert normal_english("He's here!") == normal_english("he’s here.") == "he 's here"
    assert normal_english("He is here.") != normal_english("She is here.")


SENTENCES = [
    "Je ne veux pas aller à l'école parce qu'il pleut.",
    "Où as-tu mis mes lunettes ?",
    "Qu'est-ce que c'est : un chat, ou deux ?",
    "Attends ! J'arrive aujourd'hui ; c'est promis.",
    '"Viens", dit-elle, "nous t\'attendons."',
    "« Non », répondit-il (à voix basse).",
    "Il y en a 3,5 sur 10 à 2:30.",
    "Va-t'en, s'il te plaît...",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_french_is_written_as_it_was_read(text):
    assert write_french(french(text)) == text
    spaced = text.replace(" ?", "\u202f?").replace(" !", "\xa0!").replace("'", "’")
    assert write_french(french(spaced)) == text == normal_french(spaced).replace("\xa0", " ")


def test_french_keeps_what_belongs_together():
    assert french("Qu'est-ce que l'arbre d'aujourd'hui ?") == [
        *("Qu'", "est-ce", "que"),
        *("l'", "arbre", "d'", "aujourd'hui", "?"),
    ]


def test_a_vocabulary_knows_its_words_and_calls_all_others_unknown():
    words = FrenchVocabulary(["le", "chat", "."])
    assert words.ids(["le", "chien", "."]) == [3, 0, 5]
    assert words.decode([1, 3, 4, 0, 5, 2]) == "le chat <unk>."
    assert words.size == 6
