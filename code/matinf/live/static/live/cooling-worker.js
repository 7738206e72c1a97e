// Trains beside the page, so that the page never waits. It is sent `{ run, job, watch }`, a number
// and a job of cooling-training.js, or `{ run: null }` to stop; it sends back `{ run, looks }`
// after every round of steps and at last `{ run, looks: [], seconds }`, the time of computing.

import { training } from "./cooling-training.js";

const STEP = 70; // ms that a round of steps is held, so that one can watch ...
const WATCHED = 1600; // ... and ms after which nothing is held any more

let current = null; // the run that is going on

self.onmessage = async ({ data: { run, job, watch } }) => {
  current = run;
  if (run === null) return;
  const began = performance.now();
  let computing = 0;
  const walk = training(job);
  for (let done = false; !done; ) {
    const start = performance.now();
    const looks = [];
    do {
      const next = walk.next();
      done = next.done;
      if (!done) looks.push(next.value);
    } while (!done && looks.length < 2);
    const now = performance.now();
    computing += now - start;
    const held = watch && now - began < WATCHED ? STEP - (now - start) : 0;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, held))); // hear of a stop
    if (current !== run) return;
    self.postMessage({ run, looks });
  }
  self.postMessage({ run, looks: [], seconds: computing / 1000 });
};
