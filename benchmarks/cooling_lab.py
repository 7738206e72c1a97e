"""How long the Cooling laboratory trains and how fast it answers, for a benchmark to record."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from matinf.live.modules import STATIC
from matinf_book.assets import node_binary

if TYPE_CHECKING:
    from matinf.live.cooling_lab import CoolingLab

_TRAINED = """
import { training } from %s;
import { readFileSync } from "node:fs";
const { job, repeats } = JSON.parse(readFileSync(0));
const seconds = [];
for (let k = 0; k < repeats; k += 1) {
  const began = performance.now();
  for (const look of training(job)) look.step;
  seconds.push((performance.now() - began) / 1000);
}
process.stdout.write(JSON.stringify(seconds));
"""

_ANSWERED = """
(repeats) => {
  const lab = document.querySelector("cooling-lab");
  const field = lab.querySelector("input[type=range]");
  return Array.from({ length: repeats }, (_, k) => {
    field.valueAsNumber = 60 + (k % 30);
    const began = performance.now();
    field.dispatchEvent(new Event("input"));
    lab.getBoundingClientRect(); // style and layout included
    return performance.now() - began;
  });
}
"""


def training_seconds(lab: CoolingLab, *, n_readings: int, repeats: int) -> list[float]:
    """Seconds of training both networks in Node, as the page's worker does.

    Args:
        lab: The laboratory, with its networks and errors of the readings.
        n_readings: Readings, until the last one of the laboratory.
        repeats: How often; the first is that of a page just opened.
    """
    data, body = lab.data, lab.study.config.body
    t = [i * data["last"] / (n_readings - 1) for i in range(n_readings)]
    T = body.temperature(t) + data["noise"] * lab.study.errors[:n_readings]
    job = {
        "readings": {"t": t, "T": T.tolist(), "noise": data["noise"]},
        "known": {"T_env": body.T_env, "T0": None, "tEnd": data["window"]},
        "rate": body.r,
        "times": [i * data["window"] / 120 for i in range(121)],
        "networks": data["networks"],
    }
    module = json.dumps((STATIC / "cooling-training.js").as_uri())
    options = ["--input-type=module", "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"]
    done = subprocess.run(
        [str(node_binary()), *options, "--eval", _TRAINED % module],
        input=json.dumps({"job": job, "repeats": repeats}),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    seconds: list[float] = json.loads(done.stdout)
    return seconds


def answer_milliseconds(page: Any, *, repeats: int) -> list[float]:
    """Milliseconds from a slider's change to the new picture, on an open page of the laboratory.

    Args:
        page: A page of Playwright that shows the laboratory, ready.
        repeats: How often the slider is moved.
    """
    found: list[float] = page.evaluate(_ANSWERED, repeats)
    return found
