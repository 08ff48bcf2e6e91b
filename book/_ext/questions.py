"""The questions of all chapters on one page: ``{questions}``.

An answer stands in a fold that needs no script; publish/leaves.py finds it by its class.
"""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import contents
import quiz
from quiz import LETTERS, Place, Question

OPEN = '<details class="w2s-answer"><summary>Answer</summary>'


def explained(question: Question, place: Place) -> str:
    """Return what the fold of a question holds, as MyST."""
    letter, why = LETTERS[question.right], question.answers[question.right].why
    lines = [f"**{letter}.** {why} *See* {place.link}.", ""]
    for letter, answer in zip(LETTERS, question.answers, strict=True):
        if not answer.right:
            lines.append(f"- **{letter}.** " + answer.why.replace("\n", "\n  "))
    return "\n".join(lines)


class Questions(SphinxDirective):
    """Draw the questions, part by part and chapter by chapter."""

    def run(self) -> list[nodes.Node]:
        """Return a section a part, and ask for new ones whenever a file changes."""
        root, made = Path(self.env.srcdir), []
        files = quiz.asked(root)
        for part, pages in contents.contents(root).items():
            asked = [page for page in pages if page in files]
            if asked:
                section = nodes.section(ids=[f"questions-{nodes.make_id(part)}"])
                section += nodes.title("", part)
                section += [self.chapter(page, files[page]) for page in asked]
                made.append(section)
        return made

    def chapter(self, page: Path, path: Path) -> nodes.section:
        """Return the section of a chapter."""
        self.env.note_dependency(str(page))
        self.env.note_dependency(str(path))
        text = page.read_text("utf8")
        name = "/" + page.relative_to(self.env.srcdir).with_suffix("").as_posix()
        section = nodes.section(ids=[f"questions-{page.stem}"])
        (title,) = self.parse_text_to_nodes(f"{{doc}}`{name}`")
        section += nodes.title("", "", *title.children)
        found = quiz.places(text, name)
        for number, question in enumerate(quiz.read(path), 1):
            place = quiz.place(question, found, f"{path.name}, question {number}")
            section += self.question(f"question-{page.stem}", number, question, place)
        return section

    def question(
        self, name: str, number: int, question: Question, place: Place
    ) -> list[nodes.Node]:
        """Return a question, its answers and the fold."""
        answers = nodes.enumerated_list(enumtype="upperalpha", prefix="", suffix=".")
        for answer in question.answers:
            answers += nodes.list_item("", *self.parse_text_to_nodes(answer.says))
        return [
            nodes.raw("", f'<div class="w2s-question" id="{name}-{number}">', format="html"),
            *self.parse_text_to_nodes(f"**{number}.** {question.asks}"),
            answers,
            nodes.raw("", OPEN, format="html"),
            *self.parse_text_to_nodes(explained(question, place)),
            nodes.raw("", "</details></div>", format="html"),
        ]


def setup(app: Sphinx) -> dict:
    """Register the directive."""
    app.add_directive("questions", Questions)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
