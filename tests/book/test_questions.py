"""The page of questions: all are there, answers are folded, and open without a script."""

from bs4 import BeautifulSoup

import leaves
import quiz
from test_quiz import ASKED, everywhere

PAGE = "book/back/questions"


def test_the_page_has_every_question_and_folds_every_answer(built):
    article = BeautifulSoup((built / f"{PAGE}.html").read_text("utf8"), "html.parser").article
    assert article
    boxes = article.select(".w2s-question")
    assert len(boxes) == 5 * len(ASKED)
    for box, question in zip(boxes, everywhere(), strict=True):
        assert len(box.select(":scope > ol > li")) == 4 == len(box.select("ol > li"))
        (fold,) = box.select("details.w2s-answer:not([open])")
        said = fold.get_text(" ", strip=True)
        assert said.startswith(f"Answer {quiz.LETTERS[question.right]}.")
        assert len(fold.select("ul > li")) == 3
        assert fold.select_one("p > a[href]")


def test_paper_without_solutions_holds_no_answer(built):
    texts = {}
    for solutions in (False, True):
        made = leaves.Leaves(built, solutions=solutions)
        made.add(PAGE)
        texts[solutions] = made.articles[PAGE]
    assert texts[False].select(".w2s-answer") == []
    assert len(texts[False].select(".w2s-question li")) == 20 * len(ASKED)
    folds = texts[True].select("details.w2s-answer")
    assert len(folds) == 5 * len(ASKED)
    assert all(fold.has_attr("open") for fold in folds)


def test_an_answer_opens_by_the_keyboard_and_without_a_script(browser, site):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(f"{site}/{PAGE}.html")
    fold = page.locator("details.w2s-answer").first
    assert not fold.locator("p").first.is_visible()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.locator("p").first.is_visible()
    context.close()
