"""Descriptions for search engines and link previews, from ``description:`` in the front matter."""

from html import escape

from sphinx.application import Sphinx
from sphinx.util import logging

LOG = logging.getLogger(__name__)


def tags(title: str, description: str, site: str, url: str) -> str:
    """Return the page's meta elements.

    >>> tags("Heads", "What a head is.", "Book", "https://x.org/").splitlines()[0]
    '<meta name="description" content="What a head is.">'
    """
    named = {"description": description}
    graph = {
        "og:type": "article",
        "og:site_name": site,
        "og:title": title,
        "og:description": description,
        "og:url": url,
    }
    lines = [f'<meta name="{k}" content="{escape(v)}">' for k, v in named.items()]
    lines += [f'<meta property="{k}" content="{escape(v)}">' for k, v in graph.items()]
    return "\n".join(lines)


def describe(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Add the meta elements to a page; a chapter without a description is a warning."""
    site = app.config.html_title
    title = context.get("title") or pagename
    description = app.env.metadata.get(pagename, {}).get("description")
    if not description:
        if pagename in app.env.all_docs:
            LOG.warning("the front matter has no description", location=pagename)
        description = f"{title}: {site}."
    url = app.config.html_baseurl + app.builder.get_target_uri(pagename)
    context["metatags"] = context.get("metatags", "") + tags(title, description, site, url)


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("html-page-context", describe)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
