"""The tree of the website's versions, laid out from folders made for it."""

import doctest
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from links import meta, soup
from visits import ROOT

import versions
from addresses import SITE

PAGE = """<!DOCTYPE html><html><head><title>{name}</title>
<link rel="canonical" href="{site}{name}" />
<meta property="og:url" content="{site}{name}">
<meta property="og:image" content="{site}_static/card.png">
</head><body><a href="{site}">home</a></body></html>"""


def website(folder: Path, *names: str) -> Path:
    """Make a website of these pages, as Sphinx writes it."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(PAGE.format(site=SITE, name=name), "utf8")
    base = "/" + SITE.split("/", 3)[3]
    sheet = f'<html><head><link rel="stylesheet" href="{base}_static/a.css"></head></html>'
    (folder / "_static").mkdir(exist_ok=True)
    (folder / "_static" / "macros.html").write_text("<p>The theme's own</p>", "utf8")
    (folder / "404.html").write_text(sheet, "utf8")
    listed = "".join(f"<url><loc>{SITE}{name}</loc></url>" for name in names)
    (folder / "sitemap.xml").write_text(f"<urlset>{listed}</urlset>", "utf8")
    return folder


def put(tree: Path, name: str, built: Path) -> None:
    versions.main([str(tree), name, str(built)])


def canonical(page: Path) -> str:
    link = soup(page).find("link", rel="canonical")
    return str(link["href"]) if link else ""


def hidden(page: Path) -> bool:
    return "noindex" in page.read_text("utf8")


@pytest.fixture
def tree(tmp_path):
    """A tree with a branch's version that has one page more than the released one."""
    released = website(tmp_path / "released", "index.html", "book/a.html")
    branch = website(tmp_path / "branch", "index.html", "book/a.html", "book/new.html")
    put(tmp_path / "tree", "stable", released)
    put(tmp_path / "tree", "dev", branch)
    return tmp_path / "tree"


def test_search_engines_keep_the_released_version(tree):
    assert canonical(tree / "stable/book/a.html") == f"{SITE}stable/book/a.html"
    assert canonical(tree / "dev/book/a.html") == f"{SITE}stable/book/a.html"
    assert canonical(tree / "dev/book/new.html") == f"{SITE}dev/book/new.html"
    assert not hidden(tree / "stable/book/a.html")
    assert hidden(tree / "dev/book/a.html")
    assert hidden(tree / "dev/book/new.html")
    assert (tree / "sitemap.xml").read_text("utf8").count("/stable/") == 2


def test_a_card_shows_the_version_that_was_shared(tree):
    assert meta(tree / "dev/book/a.html", property="og:url") == f"{SITE}dev/book/a.html"
    assert meta(tree / "dev/book/a.html", property="og:image") == f"{SITE}dev/_static/card.png"
    assert soup(tree / "dev/book/a.html").find("a", href=SITE)


def test_links_to_the_root_lead_to_the_readers_version(tree):
    for page in ("index.html", "book/a.html"):
        assert canonical(tree / page) == f"{SITE}stable/{page}"
        assert f'url={SITE}stable/{page}"' in (tree / page).read_text("utf8")
    assert not (tree / "book/new.html").exists()
    assert "stable/_static/a.css" in (tree / "404.html").read_text("utf8")
    assert (tree / ".nojekyll").is_file()
    assert not (tree / "_static").exists()


def test_links_to_slides_at_the_root_lead_to_those_of_the_readers_version(tmp_path):
    tree = tmp_path / "tree"
    put(tree, "dev", website(tmp_path / "made", "index.html", "slides/index.html", "slides/a.html"))
    for page in ("slides/index.html", "slides/a.html"):
        assert canonical(tree / page) == f"{SITE}dev/{page}"


def test_before_a_release_the_branch_s_version_is_the_readers(tmp_path):
    tree = tmp_path / "tree"
    put(tree, "preview/7", website(tmp_path / "asked", "index.html", "book/a.html"))
    assert hidden(tree / "preview/7/book/a.html")
    assert not (tree / "index.html").exists()
    put(tree, "dev", website(tmp_path / "branch", "index.html", "book/a.html"))
    assert canonical(tree / "book/a.html") == f"{SITE}dev/book/a.html"
    assert not hidden(tree / "dev/book/a.html")


def test_a_page_or_preview_that_is_gone_leaves_nothing_behind(tree, tmp_path):
    put(tree, "preview/7", website(tmp_path / "asked", "index.html"))
    put(tree, "stable", website(tmp_path / "next", "index.html", "book/b.html"))
    versions.main([str(tree), "preview/7", "--remove"])
    assert not (tree / "preview/7").exists()
    assert not (tree / "book/a.html").exists()
    assert (tree / "book/b.html").exists()


def test_a_reader_keeps_her_question_and_place_on_the_way(visit, serve, tmp_path, monkeypatch):
    """The root's pages hold whole addresses, which are of this machine here."""
    tree, home = tmp_path / "tree", serve(tmp_path / "tree")
    monkeypatch.setattr(versions, "SITE", f"{home}/")
    put(tree, "dev", website(tmp_path / "branch", "index.html", "book/a.html"))
    seen = visit(home, "book/a.html?shape=triangle#end")
    seen.page.wait_for_url(f"{home}/dev/book/a.html?shape=triangle#end")


def push(home: Path, remote: Path, **event: str) -> str:
    """Push as the workflow does, to a repository of this machine."""
    told = {"REMOTE": str(remote), "PYTHON": sys.executable, "REF_TYPE": "branch"} | event
    command = ["bash", "publish/push_site.sh"]
    run = subprocess.run(command, cwd=home, env=os.environ | told, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_branch_that_is_served_holds_every_version_and_one_commit(tmp_path):
    home, remote = tmp_path / "home", tmp_path / "remote"
    subprocess.run(["git", "init", "--quiet", "--bare", remote], check=True)
    home.mkdir()
    for name in ("publish", "book", "pyproject.toml"):
        (home / name).symlink_to(ROOT / name)
    website(home / "website", "index.html", "book/a.html")
    assert push(home, remote) == "Published as dev/\n"
    assert push(home, remote, NUMBER="7") == "Published as preview/7/\n"
    push(home, remote, REF_TYPE="tag")
    push(home, remote, NUMBER="8")
    shutil.rmtree(home / "website")
    push(home, remote, NUMBER="7", CLOSED="true")
    git = ["git", "-C", remote]
    listed = [*git, "ls-tree", "-r", "--name-only", "gh-pages"]
    held = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.splitlines()
    pages = {name for name in held if name.endswith("book/a.html")}
    assert pages == {"book/a.html", *(f"{v}/book/a.html" for v in ("dev", "stable", "preview/8"))}
    assert ".nojekyll" in held
    counted = [*git, "rev-list", "--count", "gh-pages"]
    assert subprocess.run(counted, capture_output=True, text=True).stdout == "1\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["tree", "../main", "built"], "The version must be stable, dev or preview/NUMBER, got"),
        (["tree", "dev", "nowhere"], "There is no built website in nowhere: run make book first."),
    ],
)
def test_what_cannot_be_laid_out_is_refused(arguments, told):
    with pytest.raises(SystemExit, match=told):
        versions.main(arguments)


def test_the_example_runs():
    assert doctest.testmod(versions).failed == 0
