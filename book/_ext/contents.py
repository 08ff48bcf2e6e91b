"""The book's contents, a sentence and the minutes for each page: ``{chapters}`` on the index."""

from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import front_matter
import minutes
import pair


def entry(page: Path, name: str) -> str:
    """Return a page's link, sentence and minutes as a line of Markdown."""
    matter, text = front_matter.split(page.read_text("utf8"))
    line = f"- {{doc}}`/{name}`"
    if minutes.LINE.search(text) or pair.has_code(page):
        line += f" *{minutes.counted(text)[0]} minutes*"
    if said := matter.get("description"):
        line += f"\\\n  {said}"
    return line


def contents(root: Path) -> dict[str, list[Path]]:
    """Return the pages of each part of the book, but those of the reference."""
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf8"))
    return {p["caption"]: [root / f"{c['file']}.md" for c in p["chapters"]] for p in toc["parts"]}


class Chapters(SphinxDirective):
    """List the pages, part by part."""

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        root, made = Path(self.env.srcdir), []
        for part, pages in contents(root).items():
            made += [f"**{part}**", ""]
            for page in pages:
                self.env.note_dependency(str(page))
                made.append(entry(page, page.relative_to(root).with_suffix("").as_posix()))
            made.append("")
        return self.parse_text_to_nodes("\n".join(made))


def setup(app: Sphinx) -> dict:
    """Register the directive."""
    app.add_directive("chapters", Chapters)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
