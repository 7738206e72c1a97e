// Make one script of the part of Plotly that the book's figures need. Usage:
//     node bundle-plotly.js OUTFILE
// beside a node_modules with plotly.js and esbuild. A quarter smaller than the ready-made bundle
// that draws the same traces, because nobody reads the descriptions of attributes in a browser.
"use strict";

const { readFile } = require("node:fs/promises");
const { build } = require("esbuild");
const { version } = require("plotly.js/package.json");

// Scatter is in the core. `TRACES` of plotly_renderer.py names the same.
const TRACES = ["bar", "contour", "heatmap"];
const entry = `
  const Plotly = require("plotly.js/lib/core");
  Plotly.register([${TRACES.map((trace) => `require("plotly.js/lib/${trace}")`)}]);
  module.exports = Plotly;`;

const TEXT = /(?:'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")/.source;
const DESCRIPTION = new RegExp(
  `description:\\s*(?:${TEXT}(?:\\s*\\+\\s*${TEXT})*` + // one text, or several added up
    `|\\[(?:${TEXT}|[\\s,+]|//.*$)*\\]\\s*\\.join\\(${TEXT}\\))`, // or a list of them, joined
  "gm",
);
const withoutDescriptions = {
  name: "without-descriptions",
  setup({ onLoad }) {
    onLoad({ filter: /plotly\.js[\\/]src[\\/].*\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { contents: source.replace(DESCRIPTION, 'description: ""') };
    });
  },
};
// Plotly names a module of Node's that it never uses in a browser.
const withoutStream = {
  name: "without-stream",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^stream$/ }, () => ({ path: "stream", namespace: "nothing" }));
    onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "" }));
  },
};

build({
  stdin: { contents: entry, resolveDir: __dirname },
  outfile: process.argv[2],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "Plotly",
  target: "es2020",
  define: { global: "window", "define.amd": "false", "process.env.NODE_DEBUG": "false" },
  plugins: [withoutDescriptions, withoutStream],
  banner: { js: `/*! plotly.js ${version}, (c) Plotly, Inc., MIT licence */` },
  legalComments: "eof",
  logLevel: "error",
}).catch(() => process.exit(1));
