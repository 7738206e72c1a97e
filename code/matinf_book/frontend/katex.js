// Render formulas for the build: one JSON request a line, one JSON answer a line.
// Usage: node katex.js path/to/katex.min.js
"use strict";

const katex = require(process.argv[2]);
const requests = require("node:readline").createInterface({ input: process.stdin });

requests.on("line", (line) => {
  const { latex, options } = JSON.parse(line);
  let answer;
  try {
    answer = { html: katex.renderToString(latex, options) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
