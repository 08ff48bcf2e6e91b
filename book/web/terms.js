// A term's definition beside its link: on hover and focus, and on touch at the first tap.

const box = document.createElement("div");
box.id = "w2s-term";
box.role = "tooltip";
box.popover = "manual";

/** @type {HTMLAnchorElement | undefined} */
let shown;
let leaving = 0;

function hide() {
  clearTimeout(leaving);
  shown?.removeAttribute("aria-describedby");
  shown = undefined;
  box.hidePopover();
}

// Time to move the pointer from the link onto its definition.
function leave() {
  clearTimeout(leaving);
  leaving = setTimeout(hide, 200);
}

/** @param {HTMLAnchorElement} link */
function show(link) {
  clearTimeout(leaving);
  if (shown === link) return;
  shown?.removeAttribute("aria-describedby");
  shown = link;
  box.textContent = link.dataset.definition ?? "";
  link.setAttribute("aria-describedby", box.id);
  box.showPopover();
  const line = link.getClientRects()[0];
  const room = document.documentElement.clientWidth - box.offsetWidth - 8;
  const above = line.bottom + box.offsetHeight + 8 > innerHeight;
  box.style.left = `${Math.max(8, Math.min(line.left, room))}px`;
  box.style.top = `${above ? line.top - box.offsetHeight - 4 : line.bottom + 4}px`;
}

/** @param {HTMLAnchorElement} link */
function attend(link) {
  link.dataset.definition = link.title; // what a browser without scripts shows
  link.removeAttribute("title");
  let known = false;
  link.addEventListener("pointerdown", () => (known = shown === link));
  link.addEventListener("click", (event) => {
    const touched = event instanceof PointerEvent && event.pointerType === "touch";
    if (!touched || known) return;
    event.preventDefault();
    show(link);
  });
  link.addEventListener("focus", () => show(link));
  link.addEventListener("blur", hide);
  link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show(link));
  link.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && leave());
}

/** @type {NodeListOf<HTMLAnchorElement>} */
const links = document.querySelectorAll(".bd-article a.reference[title]:has(.std-term)");

if (links.length && "showPopover" in box) {
  document.body.append(box);
  links.forEach(attend);
  box.addEventListener("pointerenter", () => clearTimeout(leaving));
  box.addEventListener("pointerleave", leave);
  addEventListener("scroll", hide, { passive: true });
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
  addEventListener("pointerdown", (event) => {
    if (shown && event.target instanceof Node && !shown.contains(event.target)) hide();
  });
}
