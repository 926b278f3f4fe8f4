"""A little world in a few thousand short sentences: small enough to be learned while one looks on.

There are kings and queens, men and women, towns and their countries, animals and their young, one of them and many, and
the days of the week. Each sentence speaks of one word by one of its traits, so that two words stand in the same company
as far as they share traits: this is all that vectors are learned from.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MALE = ("the {} has a beard and his hat", "the {} shaves his beard", "he is the {} and sir", "his name is {} he says")
_FEMALE = (
    "the {} has a dress and her ring",
    "the {} wears her dress",
    "she is the {} and madam",
    "her name is {} she says",
)
_MANY = ("many {} are here", "these {} are together", "two {} were there", "some {} come and they go")
_ONE = ("one {} is here", "this {} is alone", "a single {} was there", "every {} comes and it goes")
_CITY = ("{} is a city with streets", "the mayor of {} lives in town", "we walk through the streets of {}")
_COUNTRY = ("{} is a country with borders", "the army of {} guards the land", "we cross the borders of {}")
_YOUNG = ("the little {} plays with its mother", "the {} is born in spring", "a small {} drinks and sleeps")
_GROWN = ("the big {} works for the farmer", "the old {} is strong", "a heavy {} needs a stable")
_DAY = (
    "on {} morning we get up",
    "the day after comes when {} is over",
    "every week has one {}",
    "see you on {} evening",
)

_PEOPLE = {  # male, female: what both do
    ("king", "queen"): ("the {} rules from the throne", "the {} wears a golden crown", "all bow before the {}"),
    ("prince", "princess"): ("the {} waits for the throne", "the {} lives in the palace", "the young heir is the {}"),
    ("man", "woman"): ("the {} works in a factory", "the {} drives a car", "a grown person is the {}"),
    ("boy", "girl"): ("the {} goes to school", "the {} learns to read in class", "a young child is the {}"),
    ("father", "mother"): ("the {} feeds the baby", "the {} tells the family a story", "a parent is the {}"),
    ("uncle", "aunt"): ("the {} visits the family", "the {} brings presents from abroad", "a relative is the {}"),
    ("actor", "actress"): ("the {} plays on the stage", "the {} bows in the theatre", "a star is the {}"),
}
_TOWNS = {  # city, country: what belongs to both
    ("paris", "france"): ("{} has cheese and wine", "people in {} speak french"),
    ("rome", "italy"): ("{} has pizza and pasta", "people in {} speak italian"),
    ("madrid", "spain"): ("{} has oranges and olives", "people in {} speak spanish"),
    ("berlin", "germany"): ("{} has bread and beer", "people in {} speak german"),
    ("athens", "greece"): ("{} has temples and islands", "people in {} speak greek"),
    ("warsaw", "poland"): ("{} has snow and soup", "people in {} speak polish"),
}
_ANIMALS = {  # one, many, its young: what all do
    ("dog", "dogs", "puppy"): ("the {} can bark at strangers", "the {} can chew a bone"),
    ("cat", "cats", "kitten"): ("the {} can hunt mice", "the {} can purr on the sofa"),
    ("cow", "cows", "calf"): ("the {} can eat grass", "the {} can moo in the meadow"),
    ("horse", "horses", "foal"): ("the {} can gallop with a rider", "the {} can jump over the fence"),
    ("pig", "pigs", "piglet"): ("the {} can roll in the mud", "the {} can grunt for acorns"),
}
_DAYS = {
    "monday": ("on {} the office opens",),
    "tuesday": ("on {} the office is busy",),
    "wednesday": ("on {} the office has lunch",),
    "thursday": ("on {} the office has a meeting",),
    "friday": ("on {} the office closes early",),
    "saturday": ("on {} there is a market", "on {} we dance"),
    "sunday": ("on {} there is church", "on {} we rest"),
}

KINDS = {  # the words that it speaks of
    **{word: "people" for names in _PEOPLE for word in names},
    **{word: "towns and countries" for names in _TOWNS for word in names},
    **{word: "animals" for names in _ANIMALS for word in names},
    **dict.fromkeys(_DAYS, "days"),
}
ANALOGIES = (  # a : b = c : d
    *((*one, *other) for one in _PEOPLE for other in _PEOPLE if one != other),
    *((*one, *other) for one in _TOWNS for other in _TOWNS if one != other),
)


@dataclass(frozen=True)
class _Subject:
    """A word, and the sentences that speak of it."""

    word: str
    traits: Sequence[str]
    kinds: Sequence[str]

    def sentence(self, chance: random.Random) -> str:
        """One of them: as often of what is the word's own as of its kind."""
        return chance.choice(self.traits if chance.random() < 0.5 else self.kinds).format(self.word)


def sentences(count: int = 4_000, seed: int = 1) -> Iterator[str]:
    """So many sentences of the little world, each of two things that happen at once.

    Two, so that all words meet at times, if from afar: GloVe learns nothing from what is never seen.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    subjects = list(_subjects())
    for _ in range(count):
        first, second = (chance.choice(subjects).sentence(chance) for _ in range(2))
        yield f"{first} while {second}"


def _subjects() -> Iterator[_Subject]:
    """Each word of KINDS."""
    for (he, she), traits in _PEOPLE.items():
        yield _Subject(he, traits, _MALE)
        yield _Subject(she, traits, _FEMALE)
    for (city, country), belongs in _TOWNS.items():
        yield _Subject(city, belongs, _CITY)
        yield _Subject(country, belongs, _COUNTRY)
    for (one, many, young), does in _ANIMALS.items():
        yield _Subject(one, does, (*_ONE, *_GROWN))
        yield _Subject(many, does, _MANY)
        yield _Subject(young, does, (*_ONE, *_YOUNG))
    for day, happens in _DAYS.items():
        yield _Subject(day, happens, _DAY)
