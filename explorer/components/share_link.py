"""A button that copies the link to what is on screen, and puts a carried state into the address bar.

It stands on every page, so it also brings along typed.js: a click on a link right after typing waits for the text.
"""

from explorer.components import register

_component = register("share_link", shared=("typed",))


def share_link(query: str, link: str, slug: str, *, carried: bool) -> None:
    """Mounts the button.

    Args:
        query: the page's state, as it stands in the address bar, without the question mark.
        link: the same as it is copied: with all that differs from one server to the next.
        slug: of the page.
        carried: whether the state came along from another page and is not in the address bar yet.
    """
    data = {"query": query, "link": link, "slug": slug, "carried": carried}
    _component(key="share_link", data=data, height="content")
