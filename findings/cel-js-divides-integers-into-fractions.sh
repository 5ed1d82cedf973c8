#!/usr/bin/env bash
# npm's cel-js 0.8.2: 7 / 2 is 3.5, and an error on the left of && or || is not absorbed. In CEL, int / int truncates towards zero, and
# the logical operators are commutative: `error && false` is false, `error || true` is true (langdef, "Logical Operators").
# @marcbachmann/cel-js 8.0.0, a different implementation with nearly the same name, follows the specification in both. Needs Node.js 20.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund cel-js@0.8.2 @marcbachmann/cel-js@8.0.0
cat >ask.mjs <<'NODE'
import * as one from 'cel-js';
import * as other from '@marcbachmann/cel-js';

const answer = (library, source) => {
  try {
    return String(library.evaluate(source, {}));
  } catch {
    return 'error';
  }
};
for (const source of ['7 / 2', '-7 / 2', '(1 / 0 == 1) && false', '(1 / 0 == 1) || true', 'false && (1 / 0 == 1)']) {
  console.log(`${source}: ${answer(one, source)}, ${answer(other, source)}`);
}
NODE
seen=$(node ask.mjs)
echo "$seen"
[ "$seen" = "7 / 2: 3.5, 3
-7 / 2: -3.5, -3
(1 / 0 == 1) && false: error, false
(1 / 0 == 1) || true: error, true
false && (1 / 0 == 1): false, false" ]
