"""Minimal pairs: two sentences that differ in one place, of which one is right. Standard library only."""

from dataclasses import dataclass

KINDS = {"homophones": "Homophones", "grammar": "Grammar"}


@dataclass(frozen=True)
class Pair:
    """A right and a wrong sentence, and in a few words why."""

    kind: str  # a key of KINDS
    right: str
    wrong: str
    why: str


def _homophones(*rows: tuple[str, str, str, str]) -> list[Pair]:
    """Rows of a sentence with a gap, what belongs there, what sounds the same, and why."""
    return [
        Pair("homophones", gap.replace("_", right), gap.replace("_", wrong), why) for gap, right, wrong, why in rows
    ]


def _grammar(*rows: tuple[str, str, str, str]) -> list[Pair]:
    return [Pair("grammar", gap.replace("_", right), gap.replace("_", wrong), why) for gap, right, wrong, why in rows]


PAIRS = [
    *_homophones(
        ("Turn _ at the next corner.", "right", "write", "To write takes a pen."),
        ("They left _ coats in the hall.", "their", "there", "Their says whose; there says where."),
        ("The bakery sells fresh _ every morning.", "bread", "bred", "Bred is the past of breed."),
        ("The recipe needs two cups of _.", "flour", "flower", "A flower stands in a vase."),
        ("He could not _ the weight of the box.", "bear", "bare", "Bare means naked."),
        ("The prince is the only _ to the throne.", "heir", "air", "Air is what we breathe."),
        ("We waited for an _ at the station.", "hour", "our", "Our says whose."),
        ("The wind _ all night.", "blew", "blue", "Blue is a colour."),
        ("I would like a _ of chocolate cake.", "piece", "peace", "Peace is when there is no war."),
        ("The doctor told him to rest for a _.", "week", "weak", "Weak means not strong."),
        ("The thieves wanted to _ the painting.", "steal", "steel", "Steel is a metal."),
        ("The rain fell on the window _.", "pane", "pain", "Pain is what hurts."),
        ("The knight rode through the _ on a white horse.", "night", "knight", "A knight wears armour."),
        ("You can _ the music from the street.", "hear", "here", "Here says where."),
        ("The happy dog wagged its _.", "tail", "tale", "A tale is told."),
        ("The bride walked down the _ of the church.", "aisle", "isle", "An isle lies in the sea."),
        ("The price includes breakfast _.", "too", "two", "Two is a number."),
        ("She did not _ the answer.", "know", "no", "No is the opposite of yes."),
        ("He walked _ the old bridge.", "past", "passed", "Passed is a verb; here walked is the verb."),
        ("The king sat on his _.", "throne", "thrown", "Thrown is the participle of throw."),
        ("This soup has too much _ in it.", "thyme", "time", "Thyme is the herb."),
        ("The teacher read the story _.", "aloud", "allowed", "Allowed means permitted."),
        ("Do you want to go to the cinema with us or _?", "not", "knot", "A knot is in a rope."),
        ("We saw a _ of cows in the valley.", "herd", "heard", "Heard is the past of hear."),
    ),
    *_grammar(
        ("The keys to the old cabinet _ on the table.", "are", "is", "The keys are; the cabinet is only nearer."),
        ("The author of the books _ in Vienna.", "lives", "live", "The author lives; the books are only nearer."),
        ("No student has _ finished the exam.", "ever", "never", "One negation is enough."),
        ("The children washed _ before dinner.", "themselves", "himself", "The children are many."),
        ("She has _ the letter already.", "written", "wrote", "After has stands the participle."),
        ("He is taller _ his brother.", "than", "then", "Than compares; then says when."),
        ("There _ many people at the concert.", "were", "was", "The people are many."),
        ("If I _ you, I would stay at home.", "were", "am", "What is not real stands in the subjunctive."),
        ("The picture of the mountains _ on the wall.", "hangs", "hang", "The picture hangs, not the mountains."),
        ("I have lived here _ ten years.", "for", "since", "For a time, since a point in time."),
        ("Each of the two answers _ correct.", "is", "are", "Each is one."),
        ("We look forward to _ you.", "meeting", "meet", "After this to stands a noun or a form in -ing."),
        ("Yesterday they _ to the market.", "went", "go", "Yesterday is past."),
        ("She asked me where _.", "I lived", "did I live", "In an indirect question the subject comes first."),
        ("Which book _ you read last week?", "did", "do", "Last week is past."),
        ("The dogs that chase the cat _ very loud.", "are", "is", "The dogs are; the cat is only nearer."),
        ("He speaks English _.", "well", "good", "How he speaks: an adverb."),
        ("There is _ milk left in the bottle.", "little", "few", "Milk can't be counted."),
        ("The woman who I saw with the boys hurt _.", "herself", "themselves", "The woman hurt the woman."),
        ("Every one of the players _ a medal.", "gets", "get", "Every one is one."),
        ("It is the _ film that I have ever seen.", "best", "better", "Of all, not of two."),
        ("She made him _ the truth.", "tell", "to tell", "After make stands the bare infinitive."),
        ("It has been raining _ noon.", "since", "for", "Noon is a point in time."),
        ("When we arrived he _ asleep.", "was", "is", "When we arrived: it is past."),
    ),
]  # fmt: skip


def right_is_first(number: int) -> bool:
    """Whether sentence A of a pair is the right one: in no order that a guess could follow, the same for all."""
    return (number * 2_654_435_761 >> 16) % 2 == 0
