"""A button that copies the link to what is on screen, and puts a carried state into the address bar."""

from explorer.components import register

_component = register("share_link")


def share_link(query: str, slug: str, *, carried: bool) -> None:
    """Mounts the button.

    Args:
        query: the page's state, without the question mark.
        slug: of the page.
        carried: whether the state came along from another page and is not in the address bar yet.
    """
    _component(key="share_link", data={"query": query, "slug": slug, "carried": carried}, height="content")
