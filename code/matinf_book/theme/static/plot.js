// Draw the figures of a page. Plotly is a megabyte and a half: it is fetched from this site, once,
// when the first figure comes near the window. Each figure carries its data as JSON beside it.
(() => {
  "use strict";

  const { src: here, dataset } = document.currentScript;
  // Its themes and Plotly, each with a digest of what it holds, so that none is of an older site.
  const later = dataset.later?.split(" ") ?? ["plot-themes.js", "vendor/plotly.min.js"];
  const root = document.documentElement;
  const NARROW = 520; // px: below this a figure gives its margins to the data
  const NEAR = "600px";
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map(); // container -> the figure's parsed JSON
  const given = new Map(); // container -> the figure of the state that the reader chose
  let plotly = null; // promise of the loaded library

  function load(file) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(file, here).href;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${file.split("?")[0]} could not be loaded`));
      document.head.append(script);
    });
  }

  function library() {
    plotly ??= Promise.all(later.map(load)).catch((error) => {
      plotly = null; // the network may come back
      throw error;
    });
    return plotly;
  }

  function theme() {
    const chosen = root.dataset.theme;
    const dark = chosen === "dark" || (chosen !== "light" && prefersDark.matches);
    return window.matinfPlotThemes[dark ? "dark" : "light"];
  }

  // Sliders and play buttons carry the durations of their animations in their arguments.
  function withoutMotion(value) {
    if (Array.isArray(value)) return value.map(withoutMotion);
    if (value === null || typeof value !== "object") return value;
    const entries = Object.entries(value).map(([key, item]) => [key, withoutMotion(item)]);
    const calm = Object.fromEntries(entries);
    if ("transition" in calm) calm.transition = { ...calm.transition, duration: 0 };
    return calm;
  }

  function layoutFor(figure, canvas, template) {
    const layout = { ...figure.layout, template, autosize: true };
    delete layout.width;
    if (canvas.clientWidth < NARROW) {
      // A side that the figure set itself holds labels: it keeps its room, up to a quarter.
      const own = figure.layout.margin ?? {};
      const most = (side, usual) => (side in own ? canvas.clientWidth / 4 : usual);
      const margin = { ...template.layout?.margin, ...own };
      const less = (side, usual) => Math.min(margin[side] ?? 80, most(side, usual));
      layout.margin = { ...margin, l: less("l", 48), r: less("r", 12) };
      layout.height = figure.layout.meta?.narrow_height ?? figure.layout.height;
    }
    if (!still.matches) return layout;
    return { ...withoutMotion(layout), transition: { duration: 0 } };
  }

  const config = { displayModeBar: false, displaylogo: false, responsive: false, scrollZoom: false };

  function visibleTraces(canvas) {
    return canvas._fullData.filter((trace) => trace.visible !== false).length;
  }

  function render(container, template = theme()) {
    const canvas = container.querySelector(".plot-canvas");
    const figure = drawn.get(container);
    const layout = layoutFor(figure, canvas, template);
    const parts = { data: figure.data, layout, frames: figure.frames, config };
    return window.Plotly.react(canvas, parts);
  }

  function explain(container, error) {
    const note = document.createElement("p");
    note.className = "plot-failed";
    note.setAttribute("role", "status");
    const alt = container.querySelector(".plot-canvas").getAttribute("aria-label");
    note.textContent = `This figure could not be drawn (${error.message}). What it shows: ${alt}`;
    container.querySelector(".plot-failed")?.remove();
    container.prepend(note);
    container.dataset.failed = error.message;
  }

  async function draw(container) {
    if (drawn.has(container)) return;
    try {
      const source = container.querySelector('script[type="application/json"]');
      drawn.set(container, given.get(container) ?? JSON.parse(source.textContent));
      await library();
      const canvas = container.querySelector(".plot-canvas");
      await render(container);
      sizes.observe(canvas);
      container.dataset.drawn = String(visibleTraces(canvas));
    } catch (error) {
      drawn.delete(container);
      explain(container, error);
      console.error(`${container.id}: ${error.message}`);
    }
  }

  // live/explore.js hands over the figure of another state.
  addEventListener("plot-figure", async ({ target, detail }) => {
    given.set(target, detail);
    if (!drawn.has(target)) return;
    drawn.set(target, detail);
    if (!("drawn" in target.dataset)) return;
    await render(target);
    target.dataset.drawn = String(visibleTraces(target.querySelector(".plot-canvas")));
  });

  function redrawAll(template) {
    for (const container of drawn.keys()) {
      if ("drawn" in container.dataset) render(container, template);
    }
  }

  const sizes = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const width = Math.round(contentRect.width);
      if (width === 0 || target.dataset.width === String(width)) continue;
      const first = target.dataset.width === undefined;
      target.dataset.width = String(width);
      if (!first) render(target.parentElement);
    }
  });

  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        draw(target);
      }
    },
    { rootMargin: NEAR },
  );

  const containers = document.querySelectorAll(".plot");
  containers.forEach((container) => near.observe(container));

  // A folded answer or a tab may hide a figure; it draws when it is shown, by the same observer.
  new MutationObserver(() => window.Plotly && redrawAll()).observe(root, {
    attributeFilter: ["data-theme"],
  });
  prefersDark.addEventListener("change", () => window.Plotly && redrawAll());

  // Paper is light. What was not yet drawn is drawn now, if the library is there already.
  addEventListener("beforeprint", () => {
    if (!window.Plotly || !window.matinfPlotThemes) return;
    containers.forEach((container) => draw(container));
    redrawAll(window.matinfPlotThemes.light);
  });
  addEventListener("afterprint", () => window.Plotly && redrawAll());
})();
