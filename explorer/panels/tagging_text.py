"""The text that is tagged, the taggers, and what they say of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explorer import controls, loading, style, waiting
from explorer.components.tagging_rows import Kind
from explorer.figures.tagging import COLOURS, NONE
from explorer.inference import Ticket
from models.tasks.tagging import TAGS, TYPES
from models.tasks.tagging_data import spans
from models.tasks.tagging_models import NeuralTagger, Tagged, Tagger
from models.tasks.tagging_text import Piece, cut

DEFAULT = "Theresa May met Chelsea Clinton in Chelsea in May."
KINDS: list[Kind] = [{"name": TYPES[kind], "colour": COLOURS[kind]} for kind in TYPES]
NO_NAME = "no name"
MARK = style.DECIDES


@dataclass(frozen=True)
class Typed:
    """A text, and where its words stand in it."""

    text: str
    pieces: tuple[Piece, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """As taggers read them."""
        return tuple(piece.word for piece in self.pieces)

    @property
    def shown(self) -> list[str]:
        """As they were typed."""
        return [self.text[piece.start : piece.stop] for piece in self.pieces]

    def first(self, most: int) -> "Typed":
        """The first words alone."""
        return Typed(self.text, self.pieces[:most])


@dataclass(frozen=True, eq=False)
class Said:
    """What taggers say, by their names."""

    by: Mapping[str, Sequence[Tagged]]

    @property
    def nbytes(self) -> int:
        """Of the probabilities."""
        return sum(one.probs.nbytes for tagged in self.by.values() for one in tagged)


def typed() -> Typed:
    """The text box; while nothing can be made of what stands in it, the text before."""
    text = controls.text("prompt", "Text", DEFAULT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    return controls.last_good("words", lambda: _typed(text), lambda: _typed(DEFAULT))


def tagger(name: str) -> Tagger:
    """One of those that ship."""
    found: Tagger = loading.task("tagging", name)
    return found


def neural(name: str) -> NeuralTagger:
    """One of them that is a network."""
    found = tagger(name)
    if not isinstance(found, NeuralTagger):
        raise TypeError("this tagger is no network")
    return found


def title(name: str) -> str:
    """What a tagger is called on the page."""
    return tagger(name).card.title


def said(slug: str, sentences: Sequence[Sequence[str]], names: Sequence[str]) -> Said | None:
    """What taggers say of sentences, each read by itself; None where the reader stopped that."""
    taggers = {name: tagger(name) for name in names}

    def work(ticket: Ticket) -> Said:
        found = dict[str, Sequence[Tagged]]()
        for done, (name, one) in enumerate(taggers.items()):
            ticket.progress(done, len(taggers))
            found[name] = one.tag(sentences)
        return Said(found)

    key = (*names, tuple(map(tuple, sentences)))
    return waiting.waited(f"{slug} {'-'.join(names)}", key, work, "Tagging")


def kind_of(tag: int) -> str:
    """The kind of name that a tag belongs to, as the training sentences call it; "" of none."""
    return TAGS[tag][2:]


def in_words(tag: int) -> str:
    """A tag as it is written on the page."""
    name = TAGS[tag]
    return NO_NAME if tag == 0 else f"{name[0]}-{TYPES[name[2:]]}"


def colour(tag: int) -> str:
    """Of a tag's marks; that of no name is grey."""
    return COLOURS[kind_of(tag)] if tag else NONE


def listed(words: Sequence[str], path: Sequence[int]) -> str:
    """The names of a sentence, written out."""
    found = spans([TAGS[tag] for tag in path])
    return ", ".join(f"{' '.join(words[one.start : one.stop])} ({TYPES[one.kind]})" for one in found) or "none"


def _typed(text: str) -> Typed:
    return Typed(text, tuple(cut(text)))
