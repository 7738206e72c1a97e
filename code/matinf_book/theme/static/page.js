// What scrolls sideways can be scrolled from the keyboard too: code, formulas and tables that are
// wider than the page become stops of the tab key, and only those.
(() => {
  "use strict";

  const scrollers = document.querySelectorAll(
    "main pre, main .katex-display, main .pst-scrollable-table-container, main .output",
  );

  function reach() {
    for (const element of scrollers) {
      const scrolls = element.scrollWidth > element.clientWidth + 1;
      if (scrolls && !element.hasAttribute("tabindex")) element.tabIndex = 0;
      if (!scrolls && element.tabIndex === 0) element.removeAttribute("tabindex");
    }
  }

  reach();
  addEventListener("load", reach);
  addEventListener("resize", reach);
})();
