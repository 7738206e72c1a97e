// Load a laboratory when it comes near the window. Until then, and where it cannot be loaded, the
// page shows the still picture that was printed with it.
(() => {
  "use strict";

  const here = document.currentScript.src;
  const NEAR = "600px";

  function explain(lab, error) {
    const note = document.createElement("p");
    note.className = "lab-failed";
    note.setAttribute("role", "status");
    note.textContent = `This laboratory could not start (${error.message}). The picture shows where it begins.`;
    lab.querySelector(".lab-failed")?.remove();
    lab.append(note);
    lab.dataset.failed = error.message;
    console.error(`${lab.id}: ${error.message}`);
  }

  async function load(lab) {
    try {
      await import(new URL(lab.dataset.module, here).href);
      if (!customElements.get(lab.localName)) {
        throw new Error(`${lab.dataset.module} defines no ${lab.localName}`);
      }
    } catch (error) {
      explain(lab, error);
    }
  }

  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        load(target);
      }
    },
    { rootMargin: NEAR },
  );

  document.querySelectorAll(".lab").forEach((lab) => near.observe(lab));
})();
