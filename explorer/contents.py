"""The table of contents: every page, in the order of the lecture. Standard library only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One page. `slug` is its URL, the name of its file in `app_pages/<wing>/` and the prefix of its URL parameters."""

    slug: str
    title: str
    wing: str
    icon: str  # a Material symbol
    promise: str  # one sentence: what one will see

    @property
    def path(self) -> str:
        """The page's file, from the project's root."""
        return f"app_pages/{self.wing}/{self.slug}.py"


FIRST_PROMPT = "On January 1 people usually say happy new"

SECTIONS = {
    "basics": "Language models",
    "tokens": "Token processing",
    "mixers": "Sequence mixing",
    "tasks": "Tasks",
    "teach": "Compare and teach",
}

PAGES = (
    Entry("home", "Home", "basics", "home", "How language models work, seen on your own text."),
    Entry(
        "next_token",
        "Next token",
        "basics",
        "bar_chart",
        "Type a prompt, and see how probable every possible next token is.",
    ),
    Entry(
        "sentence",
        "Sentence probability",
        "basics",
        "functions",
        "Which of two sentences is more probable, and which token decides it?",
    ),
    Entry(
        "ngrams",
        "N-grams",
        "basics",
        "table_rows",
        "Count a text, and see how far counting goes in predicting the next token.",
    ),
    Entry(
        "tokens",
        "Tokens",
        "tokens",
        "content_cut",
        "See a text cut into tokens: characters, words, and learned pieces.",
    ),
    Entry(
        "word2vec",
        "Word2vec",
        "tokens",
        "scatter_plot",
        "See vectors of words being learned, step by step and over a whole text.",
    ),
    Entry(
        "analogies",
        "Analogies",
        "tokens",
        "hub",
        "Calculate with words: king is to man as what is to woman?",
    ),
    Entry(
        "positions",
        "Position encodings",
        "tokens",
        "schedule",
        "See what attention knows of order, and how a vector tells a place.",
    ),
    Entry(
        "markov",
        "Markov chain",
        "mixers",
        "account_tree",
        "See a text as states of which each depends on the one before it, as Markov did in 1913.",
    ),
    Entry(
        "hmm",
        "Hidden Markov",
        "mixers",
        "visibility_off",
        "Find the hidden states behind words, and learn them from text.",
    ),
    Entry(
        "feedforward",
        "Feed-forward LM",
        "mixers",
        "layers",
        "Slide a window over a text, and see vectors do what counts can't.",
    ),
    Entry(
        "recurrent",
        "Recurrent networks",
        "mixers",
        "replay",
        "Step through an RNN, LSTM or GRU, and find out what its state knows.",
    ),
    Entry(
        "training",
        "Training an RNN",
        "mixers",
        "fitness_center",
        "Watch a network learn, its gradients vanish, and its texts end in loops.",
    ),
    Entry(
        "transformer",
        "Inside a transformer",
        "mixers",
        "frame_inspect",
        "Follow your text through every layer, and see which parts make the next token.",
    ),
    Entry(
        "costs",
        "What it costs",
        "mixers",
        "speed",
        "Time and memory of each kind of model, measured here and now.",
    ),
    Entry(
        "tagging",
        "Tagging",
        "tasks",
        "sell",
        "See names found in your text, word by word, by four taggers side by side.",
    ),
    Entry(
        "sentiment",
        "Sentiment",
        "tasks",
        "star",
        "Watch a network make up its mind, from one star to five, word after word.",
    ),
    Entry(
        "translation",
        "Translation",
        "tasks",
        "translate",
        "See a sentence pass through one vector into French, with and without attention.",
    ),
)


def entry(slug: str) -> Entry:
    """The page of that slug."""
    return next(page for page in PAGES if page.slug == slug)
