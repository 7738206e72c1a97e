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

// What a search shows of a page: each formula once, a space between a term and its meaning, and
// no half words at the ends.
addEventListener("DOMContentLoaded", () => {
  "use strict";

  if (typeof Search !== "object") return;
  const { htmlToText, makeSearchSummary } = Search;

  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll(".katex-mathml, details.run-page").forEach((twice) => twice.remove());
    page.querySelectorAll("dt, dd, li, td, th, p, h1, h2, h3").forEach((end) => end.append(" "));
    return htmlToText(page.documentElement.outerHTML, anchor);
  };

  Search.makeSearchSummary = (html, keywords, anchor) => {
    const summary = makeSearchSummary(html, keywords, anchor);
    if (summary) {
      const text = summary.textContent.replace(/\s+/g, " ");
      summary.textContent = text.replace(/^\.\.\.\S*\s/, "… ").replace(/\s\S*\.\.\.$/, "\u00a0…");
    }
    return summary;
  };
});

// The contents open where the page stands in them, with its sections in sight.
(() => {
  "use strict";

  const contents = document.querySelector(".bd-sidebar-primary");
  const here = contents?.querySelector("a.current");
  if (!here) return;
  const below = here.getBoundingClientRect().top - contents.getBoundingClientRect().top;
  if (below > contents.clientHeight / 2) contents.scrollTop += below - contents.clientHeight / 3;
})();
