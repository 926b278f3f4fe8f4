from models.tokens import little_world, running_words


def test_the_same_seed_gives_the_same_world():
    assert list(little_world.sentences(50, seed=4)) == list(little_world.sentences(50, seed=4))
    assert list(little_world.sentences(50, seed=4)) != list(little_world.sentences(50, seed=5))


def test_every_word_it_speaks_of_is_met_often():
    text = running_words.read(little_world.sentences())
    for word in little_world.KINDS:
        assert text.counts[text.words.index(word)] > 50
