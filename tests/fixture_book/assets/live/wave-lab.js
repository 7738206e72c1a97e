// The smallest laboratory that uses all of the base: what the press is tested on.

import { Chart } from "./chart.js";
import { button, checkbox, group, numberField, row, select, slider } from "./controls.js";
import { Lab, define } from "./lab.js";

class WaveLab extends Lab {
  defaults(data) {
    return { pitch: data.pitch, shape: "sine", shift: 0, points: false, marked: [] };
  }

  build() {
    this.chart = new Chart({
      label: "Wave",
      x: { title: "Time", unit: "s", domain: [0, 1] },
      y: { title: "Height", unit: "m" },
      cursor: {
        step: 0.01,
        describe: (x) => `${x.toFixed(2)} s: ${this.height(x).toFixed(2)} m`,
        onPick: (x) => this.set({ marked: [...this.state.marked, Number(x.toFixed(3))] }),
      },
    });
    this.stage.append(this.chart.element);
    const shapes = [["sine", "Sine"], ["square", "Square"]];
    this.controls.append(
      group(
        "Wave",
        this.bind("pitch", slider, { label: "Pitch", min: 0.5, max: 50, scale: "log", unit: "Hz" }),
        this.bind("shape", select, { label: "Shape", options: shapes }),
        this.bind("shift", numberField, { label: "Shift", min: -1, max: 1, step: 0.1, unit: "s" }),
        this.bind("points", checkbox, { label: "Show points" }),
      ),
      row(button({ label: "Clear marks", onClick: () => this.set({ marked: [] }) })),
    );
  }

  height(x) {
    const wave = Math.sin(2 * Math.PI * this.state.pitch * (x - this.state.shift));
    return this.state.shape === "sine" ? wave : Math.sign(wave);
  }

  update() {
    const x = Array.from({ length: 201 }, (_, i) => i / 200);
    const y = x.map((one) => this.height(one));
    const { marked, points } = this.state;
    const marks = [
      { type: "band", x, low: y.map((v) => v - 0.2), high: y.map((v) => v + 0.2), role: "accent" },
      { type: "line", x, y, role: "accent", label: "wave" },
      { type: "hline", y: 0, role: "limit", label: "rest" },
    ];
    if (points) marks.push({ type: "points", x, y, size: 2, role: "data", label: "points" });
    if (marked.length) {
      const heights = marked.map((one) => this.height(one));
      marks.push({ type: "points", x: marked, y: heights, role: "truth", shape: "diamond", label: "marked" });
    }
    this.chart.draw(marks);
    this.announce(`The wave has ${this.state.pitch.toPrecision(3)} peaks in a second; ${marked.length} marked.`);
  }
}

define("wave-lab", WaveLab);
