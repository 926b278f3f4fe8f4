"""The frame of every page: navigation, header, presets, links."""

from collections.abc import Callable, Mapping

import streamlit as st

from explorer import address, controls, loading, style
from explorer.components.share_link import share_link
from explorer.contents import PAGES, SECTIONS, Entry, entry

Preset = Mapping[str, str | None]  # URL parameters and their values; None: the default


def run() -> None:
    """Shows the page that the URL names."""
    built = {page.slug: st.Page(page.path, title=page.title, icon=_icon(page), url_path=page.slug) for page in PAGES}
    st.session_state["_built"] = built
    sections = {
        title: [built[page.slug] for page in PAGES if page.wing == wing]
        for wing, title in SECTIONS.items()
        if any(page.wing == wing for page in PAGES)
    }
    # Streamlit serves its default page at / alone, so the first page stands there a second time, unseen.
    home = PAGES[0]
    root = st.Page(home.path, title=home.title, icon=_icon(home), url_path="root", default=True, visibility="hidden")
    sections[SECTIONS[home.wing]].append(root)
    chosen = st.navigation(sections)
    st.html(style.PAGE_CSS)
    address.begin(chosen.url_path if chosen is not root else home.slug)
    chosen.run()


def header(slug: str, presets: Mapping[str, Preset] | None = None) -> None:
    """Title, promise, link, reset, and the lecture's own examples as one-click presets."""
    page = entry(slug)
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(gap=None):
            st.title(page.title, anchor=False)
            st.html(f'<p class="explorer-promise">{page.promise}</p>')
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            st.button(
                "Undo", key="undo", on_click=address.undo, disabled=not address.can_undo(), help="The text before"
            )
            st.button("Reset", key="reset", on_click=address.reset, help="Every choice of this page as it was at first")
            share_link(address.query(), address.link(loading.catalogued_default()), slug, carried=address.is_carried())
    if address.link_has_lost_text():
        controls.notice("The text of this link was too long for a link and is not here any more. Paste it again.")
    if not address.link_is_whole():
        st.caption("The text is too long for a link: it stays in this session, and a copied link leaves it out.")
    if presets:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.caption("Examples", width="content")
            for title, values in presets.items():
                st.button(title, key=f"preset_{title}", type="tertiary", on_click=_take, args=(values,))


def views(slug: str, views: Mapping[str, tuple[str, Callable[[str], None]]]) -> None:
    """The chosen one of a page's views; each has a name in the URL, a title, and what draws it.

    What the others drew goes with them: each stands in a place of its own.
    """
    view = controls.choice(f"{slug}_view", "Show", list(views), lambda name: views[name][0], hidden=True)
    places = {name: st.container() if name == view else st.empty() for name in views}
    with places[view]:
        views[view][1](slug)


def footer(slug: str) -> None:
    """Links to the pages before and after this one."""
    place = next(i for i, page in enumerate(PAGES) if page.slug == slug)
    st.divider()
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        if place > 0:
            page_link(PAGES[place - 1], prefix="Previous: ")
        if place + 1 < len(PAGES):
            page_link(PAGES[place + 1], prefix="Next: ")


def page_link(page: Entry, prefix: str = "") -> None:
    """A link to another page."""
    st.page_link(st.session_state["_built"][page.slug], label=prefix + page.title, icon=_icon(page))


def _icon(page: Entry) -> str:
    return f":material/{page.icon}:"


def _take(values: Preset) -> None:
    address.set_values(**values)
