"""One visit to one page, and what a browser finds there. Each check returns a list of findings."""

import gzip
import re
from pathlib import Path
from typing import Any, Literal, cast

from playwright.sync_api import Browser, ConsoleMessage, Response, Route

from selection import FULL

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "_build" / "html"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
UNFOLD = """() => {
  document.querySelectorAll("details").forEach((box) => (box.open = true));
  document.querySelectorAll(".toggle-hidden.toggle-button").forEach((button) => button.click());
}"""
PICTURES = r"""() => [...document.querySelectorAll("img, svg, canvas, [role=img]")]
  .filter((e) => !e.closest("[aria-hidden=true]") && !e.parentElement.closest("svg, [role=img]"))
  .map((e) => ({
    html: e.outerHTML.slice(0, 120),
    text: e.getAttribute("alt") ?? e.getAttribute("aria-label")
      ?? document.getElementById(e.getAttribute("aria-labelledby")?.split(" ")[0])?.textContent
      ?? e.querySelector(":scope > title")?.textContent ?? "",
  }))"""
WIDER = """() => {
  const limit = document.documentElement.clientWidth;
  const cut = (e) => {
    const box = e.getBoundingClientRect();
    if (box.width <= 1 || box.right <= limit + 1 || !e.checkVisibility()) return false;
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
      const shape = getComputedStyle(p);
      if (["auto", "scroll"].includes(shape.overflowX) || p.clientWidth <= 1) return false;
    }
    return true;
  };
  const all = [...document.querySelectorAll("main *, footer *")];
  const out = all.filter((e) => !e.closest("[class*=sidebar], dialog") && cut(e));
  const page = document.documentElement.scrollWidth > limit ? ["the page scrolls sideways"] : [];
  return out.map((e) => e.outerHTML.slice(0, 120)).concat(page);
}"""
CUT_REPORTS = """() => {
  const all = [...document.querySelectorAll(".w2s-report table")];
  const tables = all.filter((e) => e.checkVisibility());
  const cut = (e) => {
    const edge = e.closest(".output").getBoundingClientRect().right;
    const beyond = (c) => c.getBoundingClientRect().right > edge + 1;
    const burst = (c) => c.scrollWidth > c.clientWidth;
    return [...e.querySelectorAll("th, td")].filter((c) => beyond(c) || burst(c));
  };
  const found = tables.flatMap(cut).map((c) => c.textContent);
  return tables.length ? found : ["no report is to be seen"];
}"""
RUN_AXE = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations
    .filter((v) => ["serious", "critical"].includes(v.impact))
    .flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)} ${n.failureSummary}`));
}"""
# Contrasts take nearly all of axe-core's time, most of it for the words of code and formulas.
HIDE_ALIKE = r"""() => {
  const behind = (e) => {
    const colour = getComputedStyle(e).backgroundColor;
    return e.parentElement && /, 0\)$/.test(colour) ? behind(e.parentElement) : colour;
  };
  const seen = new Set();
  window.alike = [...document.querySelectorAll(".highlight span, .katex-html span")].filter((e) => {
    const words = e.textContent.trim();
    if (e.childElementCount || !words || e.closest("a, button, label")) return false;
    if (words.length === 1) return true; // axe judges no single letter
    const { color, opacity, fontSize, fontWeight } = getComputedStyle(e);
    const look = [color, opacity, fontSize, fontWeight, behind(e)].join();
    return seen.has(look) || !seen.add(look);
  });
  window.alike.forEach((e) => (e.style.visibility = "hidden"));
}"""
SHOW_ALIKE = '() => window.alike.forEach((e) => (e.style.visibility = ""))'
FILE_NAME = re.compile(r"^\S+\.(png|svg|jpe?g|gif|webp)$|^[./_]\S*/", re.I)


class Visit:
    """A page in a fresh browser context; whatever leaves the origin is refused and noted."""

    def __init__(self, browser: Browser, origin: str, path: str, width: int, scheme: str):
        self.origin = origin
        self.outside: list[str] = []
        self.errors: list[str] = []
        self._responses: list[Response] = []
        self._context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=cast(Literal["light", "dark"], scheme),
            reduced_motion="reduce",
        )
        self._context.route("**/*", self._gate)
        self.page = self._context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("response", lambda response: self._responses.append(response))
        self.page.goto(f"{origin}/{path}", wait_until="networkidle")
        self.page.wait_for_function(
            "[...document.querySelectorAll('.w2s-mount')].every((box) => box.dataset.ready)"
        )

    def _gate(self, route: Route) -> None:
        if route.request.url.startswith((self.origin, "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def _note(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.errors.append(line.text)

    def close(self) -> None:
        """End the visit."""
        self._context.close()

    def weight(self) -> int:
        """Count the bytes of everything the page loaded, each file gzipped where that helps."""
        bodies = [r.body() for r in self._responses if r.status == 200]
        return sum(min(len(body), len(gzip.compress(body, mtime=0))) for body in bodies)

    def unfold(self) -> None:
        """Open every fold, solutions included."""
        self.page.evaluate(UNFOLD)
        self.page.wait_for_timeout(200)

    def formula_errors(self) -> list[str]:
        """List formulas that were not drawn."""
        texts = self.page.locator(".katex-error, mjx-merror").all_inner_texts()
        body = self.page.locator("body").inner_text()
        return texts + re.findall(r"\\\((?:.*?)\\\)|\$\$", body)

    def nameless_pictures(self) -> list[str]:
        """List pictures without words, or with a file's name for words."""
        pictures = cast(list[dict[str, Any]], self.page.evaluate(PICTURES))
        bad = [p for p in pictures if not p["text"].strip() or FILE_NAME.match(p["text"].strip())]
        return [p["html"] for p in bad]

    def sideways(self) -> list[str]:
        """List what makes the page scroll horizontally."""
        return self.page.evaluate(WIDER)

    def cut_reports(self) -> list[str]:
        """List cells of reports that reach beyond their box, or whose words reach beyond them."""
        return self.page.evaluate(CUT_REPORTS)

    def accessibility(self) -> list[str]:
        """List axe-core's serious and critical findings; of words that look alike, one."""
        self.page.evaluate(AXE.read_text("utf8"))  # a page's own policy may admit no script
        if FULL:
            return self.page.evaluate(RUN_AXE)
        self.page.evaluate(HIDE_ALIKE)
        found = self.page.evaluate(RUN_AXE)
        self.page.evaluate(SHOW_ALIKE)
        return found
