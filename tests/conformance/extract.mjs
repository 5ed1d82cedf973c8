// Writes the test data of @bufbuild/cel-spec as one JSON list: python -m pytest reads no JavaScript.
// Usage: node extract.mjs OUTPUT
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const suites = ["conformance", "checking", "parsing", "comprehension"];
const cases = [];

function collect(suite, path) {
  for (const test of suite.tests ?? []) {
    cases.push({ suite: path.join("/"), ...test });
  }
  for (const inner of suite.suites ?? []) {
    collect(inner, [...path, inner.name]);
  }
}

for (const name of suites) {
  const { tests } = await import(`./node_modules/@bufbuild/cel-spec/dist/esm/testdata/${name}.js`);
  collect(tests, [name]);
}

const output = process.argv[2];
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, JSON.stringify(cases));
console.log(`${cases.length} cases written`);
