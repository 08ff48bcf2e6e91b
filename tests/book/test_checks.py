"""Pages that are broken on purpose: every check of the website must notice its case."""

import links
import pytest

PAGE = """<!doctype html><html lang="en"><head><title>Test</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Test</h1>{}</main></body></html>"""
GOOD = (
    '<p id="here">Text</p><a href="#here">Up</a><svg role="img" aria-label="A line"><path/></svg>'
)


@pytest.fixture
def broken(tmp_path, serve, visit):
    """Open a page with the given content."""

    def start(body: str, **how):
        (tmp_path / "page.html").write_text(PAGE.format(body), "utf8")
        return visit(serve(tmp_path), "page.html", **how)

    return start


def test_a_good_page_passes_every_check(broken, tmp_path):
    seen = broken(GOOD, width=360)
    (tmp_path / "favicon.ico").touch()
    assert seen.outside == []
    assert seen.formula_errors() == seen.nameless_pictures() == seen.sideways() == []
    assert seen.accessibility() == []
    assert links.dead(tmp_path, "page.html") == []
    assert 0 < seen.weight() < 2000


def test_an_outside_request_is_noticed(broken):
    seen = broken('<img alt="A dot" src="http://127.0.0.2:9/dot.png">')
    assert seen.outside == ["http://127.0.0.2:9/dot.png"]


@pytest.mark.parametrize(
    "body",
    ["<script>nothing()</script>", '<script>console.error("no")</script>', '<img src="no.png">'],
)
def test_an_error_is_noticed(broken, body):
    assert broken(body).errors


@pytest.mark.parametrize("body", ['<span class="katex-error">x</span>', r"<p>\(x\)</p>"])
def test_a_bare_formula_is_noticed(broken, body):
    assert broken(body).formula_errors()


@pytest.mark.parametrize(
    "body",
    [
        '<img src="page.html">',
        '<img src="page.html" alt=" ">',
        '<img src="page.html" alt="_images/plot.png">',
        "<svg><path/></svg>",
        '<div role="img"></div>',
    ],
)
def test_a_nameless_picture_is_noticed(broken, body):
    assert broken(body).nameless_pictures()


def test_a_wide_table_is_noticed_unless_it_has_its_own_scroller(broken):
    wide = '<div style="width: 900px">wide</div>'
    assert broken(wide, width=360).sideways()
    assert broken(f'<div style="overflow-x: auto">{wide}</div>', width=360).sideways() == []


def test_text_that_is_cut_off_is_noticed(broken):
    wide = '<div style="width: 900px">wide</div>'
    assert broken(f'<div style="overflow-x: hidden">{wide}</div>', width=360).sideways()


def test_a_wide_solution_is_noticed_once_unfolded(broken):
    seen = broken('<details><p style="width: 900px">wide</p></details>', width=360)
    assert seen.sideways() == []
    seen.unfold()
    assert seen.sideways()


@pytest.mark.parametrize(
    "body",
    [
        "<button></button>",
        '<p style="color: #ccc; background: #fff">faint</p>',
        '<p class="highlight"><b>so</b><span>so</span><span style="color: #ccc">pale</span></p>',
    ],
)
def test_poor_access_is_noticed(broken, body):
    assert broken(body).accessibility()


def test_a_heavy_page_is_noticed(broken, tmp_path):
    (tmp_path / "heavy.bin").write_bytes(bytes(range(256)) * 4000)
    light = broken(GOOD).weight()
    assert broken(GOOD + '<script>fetch("heavy.bin")</script>').weight() > light + 1000


@pytest.mark.parametrize("link", ["#nowhere", "missing.html", "page.html#nowhere"])
def test_a_dead_link_is_noticed(tmp_path, link):
    (tmp_path / "page.html").write_text(PAGE.format(f'<a href="{link}">x</a>'), "utf8")
    links.soup.cache_clear()
    assert links.dead(tmp_path, "page.html") == [link]
