/* A reader of the pen format, as docs/pen-model.md describes it: points in, answers out. No dependencies.

   const reader = InkloopReader.open(self.inkloopPen);
   reader.begin();
   reader.point(x, y);      // true if there is a new answer
   reader.lift();
   reader.answer;           // {label, held, decided, probabilities, progress, unknown, opacity, rows}
*/
"use strict";

(function (root) {
  const COLUMNS = ["x", "y", "dx", "dy", "lift", "jump"];
  const KINDS = ["pen-lstm-step", "pen-encoder-step"];
  const RECIPE = {
    // name: [least, most, default]
    scale: [1e-9, 1e12, undefined],
    spacing: [0.005, 1, undefined],
    limit: [1, 1e6, 50],
    rows_per_sample: [1, 4096, 64],
    tolerance: [0, 0.01, 1e-4],
    dot: [0, 0.5, 0.005],
    rescaled: [1, 100, 1.12],
  };
  const MOST_TENSOR = 1e8;
  const ENOUGH = 1.0;
  const DECIDED = 0.9;
  const LOST = 0.5;
  const TINY = 1e-30;

  /* Reading the file. */

  function refuse(why) {
    throw new Error("this pen cannot be read: " + why);
  }

  function isWhole(value) {
    return Number.isInteger(value) && value >= 1;
  }

  function readMetadata(given) {
    if (given === null || typeof given !== "object" || Array.isArray(given)) refuse("it has no metadata");
    if (!KINDS.includes(given.kind)) refuse(`its kind is ${JSON.stringify(given.kind)}; allowed are ${KINDS.join(", ")}`);
    if (given.format !== 1) refuse(`its format is ${JSON.stringify(given.format)}; this page reads 1`);
    if (JSON.stringify(given.columns) !== JSON.stringify(COLUMNS)) {
      refuse(`its columns are ${JSON.stringify(given.columns)}; this page makes ${COLUMNS.join(", ")}`);
    }
    for (const size of ["layers", "hidden", "embedding"]) {
      if (!isWhole(given[size])) refuse(`${size} must be 1 or more; got ${JSON.stringify(given[size])}`);
    }
    const labels = given.labels;
    if (!Array.isArray(labels) || !labels.every((label) => typeof label === "string")) refuse("its labels are no list of texts");
    if (!labels.length) refuse("it has no labels; export it with a taught set");
    if (new Set(labels).size !== labels.length) refuse("two of its labels are equal");
    if (labels.length > 10000 || labels.some((label) => Array.from(label).length > 200)) {
      refuse("it has more than 10000 labels, or one longer than 200 characters");
    }
    return { labels, layers: given.layers, hidden: given.hidden, embedding: given.embedding, recipe: readRecipe(given.recipe) };
  }

  function readRecipe(given) {
    if (given === null || typeof given !== "object") refuse("it has no recipe");
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(RECIPE, name)) refuse(`its recipe has ${JSON.stringify(name)}; known are ${Object.keys(RECIPE).join(", ")}`);
    }
    const recipe = {};
    for (const [name, [least, most, usual]] of Object.entries(RECIPE)) {
      const value = Object.hasOwn(given, name) ? given[name] : usual;
      if (typeof value !== "number" || !(value >= least && value <= most)) {
        refuse(`${name} must be ${least}..${most}; got ${JSON.stringify(value)}`);
      }
      recipe[name] = value;
    }
    if (!Number.isInteger(recipe.rows_per_sample)) refuse("rows_per_sample must be a whole number");
    recipe.step = recipe.spacing * recipe.scale;
    recipe.slack = recipe.tolerance * recipe.step;
    recipe.longest = recipe.rows_per_sample * recipe.step;
    return recipe;
  }

  function decoded(name, tensor) {
    const width = { float32: 4, float24: 3 }[tensor.type];
    if (!width) refuse(`the type of ${name} is ${JSON.stringify(tensor.type)}; allowed are float32 and float24`);
    const count = tensor.shape.reduce((product, size) => product * size, 1);
    let text;
    try {
      text = atob(tensor.data);
    } catch {
      refuse(`the data of ${name} are not base64`);
    }
    if (!(count <= MOST_TENSOR) || text.length !== count * width) {
      refuse(`${name} has ${text.length} bytes; its shape ${JSON.stringify(tensor.shape)} needs ${count * width}`);
    }
    const bits = new Uint32Array(count);
    for (let at = 0, from = 0; at < count; at += 1, from += width) {
      let value = 0;
      for (let byte = 0; byte < width; byte += 1) value |= text.charCodeAt(from + byte) << (8 * (byte + 4 - width));
      bits[at] = value;
    }
    const numbers = new Float32Array(bits.buffer);
    if (!numbers.every(Number.isFinite)) refuse(`${name} has numbers that are not finite`);
    return numbers;
  }

  function tensorsOf(given) {
    if (given === null || typeof given !== "object") refuse("it has no tensors");
    return function take(name, ...shape) {
      const tensor = Object.hasOwn(given, name) ? given[name] : refuse(`the tensor ${name} is missing`);
      const fits = Array.isArray(tensor.shape) && tensor.shape.length === shape.length;
      if (!fits || !shape.every((size, axis) => size === null ? isWhole(tensor.shape[axis]) : size === tensor.shape[axis])) {
        refuse(`${name} has the shape ${JSON.stringify(tensor.shape)}; needed is ${JSON.stringify(shape)}`);
      }
      return decoded(name, tensor);
    };
  }

  /* The step. */

  const sigmoid = (value) => 1 / (1 + Math.exp(-value));

  // vector · matrix + bias, for a matrix of vector.length rows, row by row.
  function affine(vector, matrix, bias, width) {
    const out = new Float64Array(width);
    if (bias) for (let column = 0; column < width; column += 1) out[column] = bias[column];
    for (let row = 0, at = 0; row < vector.length; row += 1) {
      const value = vector[row];
      for (let column = 0; column < width; column += 1, at += 1) out[column] += value * matrix[at];
    }
    return out;
  }

  function layerOf(take, index, width, hidden) {
    const input = take(`lstm_${index}.W`, 1, 4 * hidden, width);
    const state = take(`lstm_${index}.R`, 1, 4 * hidden, hidden);
    const both = take(`lstm_${index}.B`, 1, 8 * hidden);
    const bias = Float64Array.from({ length: 4 * hidden }, (_, gate) => both[gate] + both[gate + 4 * hidden]);
    return function step(x, h, c) {
      const nextH = new Float32Array(hidden);
      const nextC = new Float32Array(hidden);
      const parts = [[input, x], [state, h]];
      for (let k = 0; k < hidden; k += 1) {
        // The four gates of a unit together: their sums do not wait for each other.
        let [i, o, f, u] = [bias[k], bias[hidden + k], bias[2 * hidden + k], bias[3 * hidden + k]];
        for (const [weights, values] of parts) {
          const length = values.length;
          const block = hidden * length;
          for (let at = k * length, j = 0; j < length; j += 1, at += 1) {
            const value = values[j];
            i += weights[at] * value;
            o += weights[at + block] * value;
            f += weights[at + 2 * block] * value;
            u += weights[at + 3 * block] * value;
          }
        }
        nextC[k] = sigmoid(f) * c[k] + sigmoid(i) * Math.tanh(u);
        nextH[k] = sigmoid(o) * Math.tanh(nextC[k]);
      }
      return [nextH, nextC];
    };
  }

  function headOf(take, has, pen) {
    const classes = pen.labels.length;
    const width = pen.embedding;
    if (has("prototypes.W")) return prototypeHead(take, pen);
    if (has("between.W")) {
      const between = take("between.B", null);
      const first = take("between.W", pen.hidden, between.length);
      const second = take("last.W", between.length, classes + 2);
      const bias = take("last.B", classes + 2);
      return (embedding, top) => {
        const middle = affine(top, first, between, between.length).map((value) => Math.max(0, value));
        const out = affine(middle, second, bias, classes + 2);
        return { scores: out.slice(0, classes), progress: sigmoid(out[classes]), unknown: out[classes + 1] };
      };
    }
    const scoreW = take("score_head.W", width, classes);
    const scoreB = take("score_head.B", classes);
    const progressW = take("progress_head.W", width, 1);
    const progressB = take("progress_head.B", 1);
    return (embedding) => ({
      scores: affine(embedding, scoreW, scoreB, classes),
      progress: sigmoid(affine(embedding, progressW, progressB, 1)[0]),
      unknown: null,
    });
  }

  function prototypeHead(take, pen) {
    const classes = pen.labels.length;
    const width = pen.embedding;
    const center = take("center", width);
    const bias = take("prototypes.B", null);
    const table = take("prototypes.W", width, bias.length);
    const strangeBias = take("background.B", null);
    const strangeTable = take("background.W", width, strangeBias.length);
    const groups = take("groups", bias.length, classes + 1);
    const [tiny] = take("tiny", 1);
    const [threshold] = take("threshold", 1);
    return (embedding) => {
      const from = Float64Array.from(embedding, (value, k) => value - center[k]);
      const near = affine(from, table, bias, bias.length);
      const top = near.reduce((most, value) => Math.max(most, value), -Infinity);
      const sums = affine(near.map((value) => Math.exp(value - top)), groups, null, classes + 1);
      const total = sums.subarray(0, classes).reduce((sum, value) => sum + value, 0);
      const strange = affine(from, strangeTable, strangeBias, strangeBias.length);
      // From the background's own nearest, so that a far one does not vanish.
      const most = strange.reduce((highest, value) => Math.max(highest, value), -Infinity);
      const odds = most - top + Math.log(strange.reduce((sum, value) => sum + Math.exp(value - most), 0));
      return {
        scores: sums.slice(0, classes).map((value) => Math.log(Math.max(value, tiny))),
        progress: sums[classes] / total,
        unknown: odds - Math.log(total) - threshold,
      };
    };
  }

  function probabilitiesOf(scores) {
    const top = scores.reduce((most, value) => Math.max(most, value), -Infinity);
    const raised = scores.map((value) => Math.exp(value - top));
    const total = raised.reduce((sum, value) => sum + value, 0);
    return raised.map((value) => value / total);
  }

  function best(probabilities) {
    let index = 0;
    for (let k = 1; k < probabilities.length; k += 1) if (probabilities[k] > probabilities[index]) index = k;
    return index;
  }

  /* Points to rows. */

  class Rows {
    constructor(recipe) {
      this.recipe = recipe;
      this.begin();
    }

    begin() {
      this.pen = "none";
    }

    point(x, y) {
      if (!Number.isFinite(x) || !Number.isFinite(y)) return [];
      if (this.pen !== "down") {
        const first = this.pen === "none";
        if (first) {
          this.originX = this.rowX = x;
          this.originY = this.rowY = y;
        }
        const row = first ? Float32Array.of(0, 0, 0, 0, 0, 0) : this.row(x, y, this.recipe.scale, 0, 1);
        Object.assign(this, { lastX: x, lastY: y, along: 0, made: 0, pen: "down" });
        return [row];
      }
      const { step, slack, longest } = this.recipe;
      const across = x - this.lastX;
      const downward = y - this.lastY;
      const length = Math.min(Math.sqrt(across * across + downward * downward), longest);
      const rows = [];
      while ((this.made + 1) * step <= this.along + length + slack) {
        this.made += 1;
        const fraction = (this.made * step - this.along) / length;
        rows.push(this.row(this.lastX + across * fraction, this.lastY + downward * fraction, step, 0, 0));
      }
      this.lastX = x;
      this.lastY = y;
      this.along += length;
      return rows;
    }

    lift() {
      if (this.pen !== "down") return [];
      this.pen = "up";
      return [this.row(this.lastX, this.lastY, this.recipe.step, 1, 0)];
    }

    row(x, y, unit, lift, jump) {
      const { scale, limit } = this.recipe;
      const clamped = (value) => Math.min(Math.max(value, -limit), limit);
      const row = Float32Array.of(
        clamped((x - this.originX) / scale),
        clamped((y - this.originY) / scale),
        clamped((x - this.rowX) / unit),
        clamped((y - this.rowY) / unit),
        lift,
        jump,
      );
      this.rowX = x;
      this.rowY = y;
      return row;
    }
  }

  /* All of it. */

  class Reader {
    constructor(pen) {
      if (pen === null || typeof pen !== "object") refuse("it is no object");
      const spec = readMetadata(pen.metadata);
      const take = tensorsOf(pen.tensors);
      const has = (name) => Object.hasOwn(pen.tensors, name);
      this.labels = spec.labels;
      this.recipe = spec.recipe;
      this.hidden = spec.hidden;
      this.layers = Array.from({ length: spec.layers }, (_, index) =>
        layerOf(take, index, index ? spec.hidden : COLUMNS.length, spec.hidden),
      );
      this.project = has("project.W") ? take("project.W", spec.hidden, spec.embedding) : null;
      if (!this.project && spec.embedding !== spec.hidden) refuse("the tensor project.W is missing");
      this.embedding = spec.embedding;
      this.head = headOf(take, has, spec);
      this.rows = new Rows(spec.recipe);
      this.begin();
    }

    begin() {
      this.rows.begin();
      this.h = this.layers.map(() => new Float32Array(this.hidden));
      this.c = this.layers.map(() => new Float32Array(this.hidden));
      this.hold = { place: -1, against: 0, decided: false };
      this.answer = {
        label: "", held: "", decided: false, rows: 0,
        probabilities: new Float64Array(this.labels.length), progress: 0, unknown: 0, opacity: 0,
      };
    }

    point(x, y) {
      return this.feed(this.rows.point(x, y), false);
    }

    lift() {
      return this.feed(this.rows.lift(), true);
    }

    feed(rows, lifted) {
      if (!rows.length) return false;
      let [h, c] = [this.h, this.c];
      for (const row of rows) [h, c] = this.step(row, h, c);
      const top = h[h.length - 1];
      const embedding = this.project ? affine(top, this.project, null, this.embedding) : top;
      const { scores, progress, unknown } = this.head(embedding, top);
      const probabilities = probabilitiesOf(scores);
      const odds = unknown === null ? 0 : unknown;
      if (!probabilities.every(Number.isFinite) || !Number.isFinite(progress + odds)) return false;
      this.h = h;
      this.c = c;
      this.take(probabilities, progress, unknown === null ? 0 : sigmoid(Math.min(Math.max(odds, -60), 60)), rows.length, lifted);
      return true;
    }

    step(row, h, c) {
      const nextH = [];
      const nextC = [];
      let x = row;
      this.layers.forEach((layer, index) => {
        [nextH[index], nextC[index]] = layer(x, h[index], c[index]);
        x = nextH[index];
      });
      return [nextH, nextC];
    }

    take(probabilities, progress, unknown, rows, lifted) {
      const top = best(probabilities);
      let { place, against, decided } = this.hold;
      if (top === place) {
        against = 0;
      } else if (place < 0 || lifted) {
        [place, against, decided] = [top, 0, false];
      } else {
        against += rows * Math.log(Math.max(probabilities[top], TINY) / Math.max(probabilities[place], TINY));
        if (against >= ENOUGH) [place, against, decided] = [top, 0, false];
      }
      decided = probabilities[place] * (1 - unknown) >= (decided ? LOST : DECIDED);
      this.hold = { place, against, decided };
      this.answer = {
        label: this.labels[top],
        held: this.labels[place],
        decided,
        rows: this.answer.rows + rows,
        probabilities,
        progress,
        unknown,
        opacity: progress * probabilities[top] * (1 - unknown),
      };
    }
  }

  const api = { open: (pen) => new Reader(pen), Rows };
  if (typeof module === "object" && module.exports) module.exports = api;
  else root.InkloopReader = api;
})(typeof self === "object" ? self : this);
