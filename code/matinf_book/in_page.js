// Run inside a page by browser_checks.py: show everything, draw every figure, and say how it went.
async (patience) => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

  // What is folded is part of the page too.
  document.querySelectorAll("details").forEach((fold) => (fold.open = true));
  document.querySelectorAll(".toggle-hidden .toggle-button").forEach((button) => button.click());

  const figures = [];
  for (const plot of document.querySelectorAll(".plot")) {
    const tab = plot.closest(".sd-tab-content");
    if (tab) tab.previousElementSibling?.previousElementSibling?.click();
    plot.scrollIntoView({ block: "center", behavior: "instant" });
    const end = performance.now() + patience;
    const over = () => "drawn" in plot.dataset || "failed" in plot.dataset;
    while (!over() && performance.now() < end) await frame();
    const canvas = plot.querySelector(".plot-canvas");
    figures.push({
      id: plot.id,
      traces: plot.dataset.traces,
      drawn: plot.dataset.drawn ?? null,
      failed: plot.dataset.failed ?? null,
      marks: canvas.querySelectorAll(
        ".plot path, .plot image, .plot rect, .pielayer path, .ternarylayer path, .infolayer path",
      ).length,
      wide: Math.round(canvas.querySelector("svg")?.getBoundingClientRect().width ?? 0),
      room: Math.round(canvas.getBoundingClientRect().width),
    });
  }

  // Everything that waits for the window to come near has its chance.
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo({ top: y, behavior: "instant" });
    await frame();
  }
  scrollTo({ top: 0, behavior: "instant" });
  await document.fonts.ready;
  await frame();

  const images = [...document.images].filter((image) => image.complete && !image.naturalWidth);
  const root = document.documentElement;
  const edge = root.clientWidth + 1;
  const beyond = [...document.querySelectorAll("main *")].filter(
    (element) => element.getBoundingClientRect().right > edge,
  );
  return {
    figures,
    brokenImages: images.map((image) => image.getAttribute("src")),
    overflow: root.scrollWidth > edge ? root.scrollWidth - root.clientWidth : 0,
    beyond: beyond.slice(-1).map((element) => element.outerHTML.slice(0, 120)),
  };
};
