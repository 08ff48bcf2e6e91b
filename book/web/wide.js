// Whatever is wider than the page gets its own scroller, reachable by keyboard.

const SCROLLERS =
  ".bd-article pre, .bd-article div.math, .bd-article .output, .bd-article .w2s-figure, " +
  ".bd-article .pst-scrollable-table-container, .bd-article span.math";

function mark() {
  for (const box of document.querySelectorAll(SCROLLERS)) {
    const inline = box.matches("span.math");
    const limit = inline ? box.closest("p, li, td, dd, div").clientWidth : box.clientWidth;
    const wide = box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0;
    const wideInline = inline && box.getBoundingClientRect().width > limit + 1;
    if (inline) box.classList.toggle("w2s-wide", wideInline || box.classList.contains("w2s-wide"));
    if (wide || wideInline) box.tabIndex = 0;
  }
}

mark();
addEventListener("resize", mark);
document.fonts?.ready.then(mark);
