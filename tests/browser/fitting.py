"""What does not fit on a page, as the browser has laid it out."""

from __future__ import annotations

from playwright.sync_api import Page

WIDTHS_PX = (360, 390, 768, 1280, 1920)
"""Two telephones, a tablet, a laptop, an office's screen."""

_MISFITS = """() => {
  const found = [], slack = 1, width = document.documentElement.clientWidth;
  const name = (e) => {
    const text = (e.textContent || e.value || "").trim().replace(/\\s+/g, " ").slice(0, 40);
    return `${e.tagName.toLowerCase()}${e.className ? "." + e.className : ""} "${text}"`;
  };
  const within = (inner, outer) => inner.left >= outer.left - slack && inner.right <= outer.right + slack;
  if (document.scrollingElement.scrollWidth > width) found.push("the page scrolls sideways");
  for (const e of document.body.querySelectorAll("*")) {
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height || e.closest("svg, option") || !e.checkVisibility()) continue;
    if (box.left < -slack || box.right > width + slack) found.push(`beyond the window: ${name(e)}`);
    const holder = e.parentElement;
    if (holder !== document.body && getComputedStyle(holder).display !== "inline"
        && !e.matches("header details > ul") // a menu lies over the page
        && !within(box, holder.getBoundingClientRect())) found.push(`beyond its container: ${name(e)}`);
    const inner = getComputedStyle(e).display !== "inline" && !e.matches("input, select, header details");
    if (inner && e.scrollWidth > e.clientWidth + slack) found.push(`its content is wider: ${name(e)}`);
    if (e.matches("a, button, input:not([type=hidden]), select")) {
      e.scrollIntoView({block: "center"});
      const now = e.getClientRects()[0];
      const points = [[now.left + 2, now.top + now.height / 2], [now.right - 2, now.top + now.height / 2],
                      [now.left + now.width / 2, now.top + 2], [now.left + now.width / 2, now.bottom - 2]];
      for (const [x, y] of points) {
        const top = document.elementFromPoint(x, y);
        const menu = top && !e.closest("header") && top.closest("header details[open]"); // lies over the page
        if (!top || !(e === top || e.contains(top) || menu)) { found.push(`cut or covered: ${name(e)}`); break; }
      }
    }
  }
  return found;
}"""

_LINES = """() => [...document.querySelectorAll("button, a.button, th")].filter((e) => {
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  const word = Math.max(...e.textContent.trim().split(/\\s+/).map((each) => each.length));
  return box.width && box.width < 0.3 * word * parseFloat(style.fontSize);
}).map((e) => `broken within a word: ${e.tagName.toLowerCase()} "${e.textContent.trim().slice(0, 40)}"`)"""


_UNFOLD = "() => document.querySelectorAll('main details').forEach((each) => { each.open = true; })"


def misfits(page: Page) -> list[str]:
    """What reaches beyond the window or its container, and every control that is not wholly to be seen and pressed,
    with all that can be unfolded unfolded."""
    page.evaluate(_UNFOLD)
    return [*page.evaluate(_MISFITS), *page.evaluate(_LINES)]
