// node check_vectors.js READER CHECKS: checks is a JSON list of {pen, inks}; prints, for each, how far the
// reader is off at most.
"use strict";
const fs = require("fs");
const { open } = require(require("path").resolve(process.argv[2]));

function check({ pen, inks }) {
  const off = { rows: 0, probabilities: 0, progress: 0, unknown: 0, wrong: [], steps: 0 };
  const reader = open(pen);
  const worst = (key, ours, theirs) => {
    const far = ours.length === theirs.length ? Math.max(...ours.map((value, k) => Math.abs(value - theirs[k]))) : Infinity;
    off[key] = Math.max(off[key], Number.isNaN(far) ? Infinity : far);
  };
  for (const ink of inks) {
    const expected = [...ink.steps];
    const take = (stroke, point, rows, fed) => {
      if (!rows.length) return;
      const step = expected.shift() || {};
      off.steps += 1;
      if (step.stroke !== stroke || step.point !== point || !fed) {
        off.wrong.push(`${ink.name}: a step at ${stroke}, ${point}`);
        return;
      }
      worst("rows", rows.flatMap((row) => Array.from(row)), step.rows.flat());
      worst("probabilities", Array.from(reader.answer.probabilities), step.probabilities);
      worst("progress", [reader.answer.progress], [step.progress]);
      worst("unknown", [reader.answer.unknown], [step.unknown]);
      if (reader.answer.held !== step.held || reader.answer.decided !== step.decided) {
        off.wrong.push(`${ink.name}: ${reader.answer.held} ${reader.answer.decided} at ${stroke}, ${point}`);
      }
    };
    reader.begin();
    ink.strokes.forEach((stroke, number) => {
      stroke.forEach(([x, y], index) => {
        const rows = reader.rows.point(x, y);
        take(number, index, rows, reader.feed(rows, false));
      });
      const rows = reader.rows.lift();
      take(number, null, rows, reader.feed(rows, true));
    });
    if (expected.length) off.wrong.push(`${ink.name}: ${expected.length} steps are missing`);
  }
  return off;
}

const checks = JSON.parse(fs.readFileSync(process.argv[3], "utf8"));
console.log(JSON.stringify(checks.map(check)));
