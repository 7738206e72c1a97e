// What scrolls sideways can be scrolled from the keyboard too: code, formulas and tables that are
// wider than the page become stops of the tab key, and only those.
(() => {
  "use strict";

  const scrollers = document.querySelectorAll(
    "main pre, main .katex-display, main .pst-scrollable-table-container, main .output",
  );

  function reach(element) {
    const scrolls = element.scrollWidth > element.clientWidth + 1;
    if (scrolls) element.tabIndex = 0; // the theme says -1 of what was folded as it looked
    else element.removeAttribute("tabindex");
  }

  // What is unfolded, or in a tab that is opened, has a size from then on.
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => reach(target)));
  scrollers.forEach((element) => sizes.observe(element));
  document.fonts.ready.then(() => scrollers.forEach(reach));
})();
