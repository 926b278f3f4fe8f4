"""The views of pages that have several, besides the first of each: (slug, view)."""

VIEWS = [
    ("next_token", "tree"),
    ("next_token", "generate"),
    ("next_token", "samples"),
    ("next_token", "models"),
    ("sentence", "list"),
    ("sentence", "right"),
]
