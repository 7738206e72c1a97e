// What the modules of the band-gap laboratory make of what stands on standard input.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const given = JSON.parse(readFileSync(0, "utf8"));
const load = (name) => import(pathToFileURL(`${given.modules}/${name}.js`).href);
const { parseFormula, respelled, withoutIsotopes } = await load("formula");
const { fractions, magpieFeatures } = await load("features");
const { BandGapModels } = await load("band-gap");

function attempt(work) {
  try {
    return work();
  } catch (error) {
    if (error.name !== "FormulaError") throw error;
    return { kind: error.kind, message: error.message };
  }
}

const result = {};
result.parsed = (given.texts ?? []).map((text) => attempt(() => [...parseFormula(text)]));
result.unlabelled = (given.isotopes ?? []).map(withoutIsotopes);
result.respelled = (given.misspelled ?? []).map(respelled);
if (given.models) {
  const models = new BandGapModels(given.models);
  let breaks = 0;
  await models.prepare(() => {
    breaks += 1;
  });
  result.breaks = breaks;
  result.features = given.formulas.map((formula) =>
    attempt(() => Array.from(magpieFeatures(fractions(parseFormula(formula)), given.models.elements))));
  result.answers = given.sizes.map((size) =>
    given.formulas.map((formula) => attempt(() => models.answer(formula, size))));
}
const plain = (key, value) => (key === "weights" ? undefined : value);
process.stdout.write(JSON.stringify(result, plain));
