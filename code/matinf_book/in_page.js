// Run inside a page by browser_checks.py: show everything, draw every figure, move every control,
// and say how it went.
async (patience) => {
  // A window that Chromium takes for hidden has no frames: time goes on all the same.
  const frame = () =>
    new Promise((resolve) => {
      requestAnimationFrame(resolve);
      setTimeout(resolve, 100);
    });

  // What is folded is part of the page too.
  document.querySelectorAll("details").forEach((fold) => (fold.open = true));
  document.querySelectorAll(".toggle-hidden .toggle-button").forEach((button) => button.click());

  const cells = [...document.querySelectorAll("div.cell")];
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
      cell: cells.indexOf(plot.closest("div.cell")) + 1, // 0 where it is of none
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

  // A control that never changes what is shown is dead. One that cannot be used yet, or has nothing
  // to do yet, has a second chance when the others were moved. A button that copies changes nothing.
  const FIELDS = "input, select, textarea, button:not(.lab-link), .chart-cursor";
  const EFFECT = patience / 10; // ms that a control may take to show something
  const usable = (field) => !field.disabled && field.getClientRects().length > 0;
  const nameOf = (field) =>
    field.getAttribute("aria-label") ?? field.labels?.[0]?.textContent ?? field.textContent;

  function shown(live, field) {
    if (live.matches(".explore")) return live.querySelector(".plot-canvas").innerHTML;
    if (field.matches(".chart-cursor")) return field.getAttribute("aria-valuetext");
    // Its own value does not count, nor what is said a while after another control was moved.
    const own = field.closest(".lab-control") ?? field;
    own.dataset.own = "";
    const copy = live.cloneNode(true);
    delete own.dataset.own;
    copy.querySelectorAll("[data-own], [role=status]").forEach((part) => part.remove());
    return copy.innerHTML;
  }

  // What a reader may do with a field, one thing after the other.
  function* uses(field) {
    const say = (type) => field.dispatchEvent(new Event(type, { bubbles: true }));
    const key = (name) => {
      field.focus();
      field.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
    };
    const put = (value) => () => {
      field.value = value;
      say("input");
      say("change");
    };
    if (field.matches(".chart-cursor")) yield* [() => key("ArrowRight"), () => key("Enter")];
    else if (field.localName === "select") {
      for (const { value } of field.options) if (value !== field.value) yield put(value);
    } else if (["range", "number"].includes(field.type)) {
      const low = Number(field.min);
      const high = Number(field.max);
      for (const share of [0, 1, 0.5]) yield put(String(low + share * (high - low)));
    } else if (field.type === "text" || field.type === "search") {
      for (const text of ["Mg3N2", "TiO2"]) yield put(text);
    } else yield () => field.click();
  }

  async function lives(live, field) {
    let alive = false;
    for (const use of uses(field)) {
      const before = shown(live, field);
      use();
      const end = performance.now() + EFFECT;
      while (shown(live, field) === before && performance.now() < end) await frame();
      alive ||= shown(live, field) !== before;
      if (alive && !field.matches(".chart-cursor")) break;
    }
    return alive;
  }

  const living = [];
  for (const live of document.querySelectorAll(".lab, .explore")) {
    live.scrollIntoView({ block: "center", behavior: "instant" });
    const end = performance.now() + patience;
    const over = () => "ready" in live.dataset || "failed" in live.dataset;
    while (!over() && performance.now() < end) await frame();
    const alive = new Set();
    const fields = [...live.querySelectorAll(FIELDS)];
    for (const turn of [1, 2]) {
      for (const field of fields) {
        if (alive.has(field) || !usable(field)) continue;
        if (await lives(live, field)) alive.add(field);
      }
    }
    living.push({
      id: live.id,
      ready: "ready" in live.dataset,
      failed: live.dataset.failed ?? null,
      controls: fields.length,
      dead: fields.filter((field) => !alive.has(field)).map((field) => nameOf(field).trim()),
    });
    live.querySelector(".lab-buttons:last-child > button:last-child")?.click(); // reset
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
    living,
    brokenImages: images.map((image) => image.getAttribute("src")),
    overflow: root.scrollWidth > edge ? root.scrollWidth - root.clientWidth : 0,
    beyond: beyond.slice(-1).map((element) => element.outerHTML.slice(0, 120)),
  };
};
