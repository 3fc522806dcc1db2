/* The stage: draw with mouse, finger or pencil, and the sign appears behind the ink while it is drawn.

   `self.inkloopPage` is for tests: the reader, the pause in milliseconds that ends an ink, a function that ends
   it at once, and the last answers of finished inks. */
"use strict";

(function () {
  const PEN_WIDTH = 9;
  const PAUSE = 700;
  const LETTER_LINGERS = 1600;
  const INK_STAYS = 6000;
  const CLEARING = 700;
  const GROUND = "rgb(13, 14, 18)";
  const PAPER = [237, 237, 242];
  const GOLDEN = 0.618033988749895;
  const ORDER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz";

  const canvas = document.getElementById("stage");
  const context = canvas.getContext("2d", { alpha: false });

  let reader;
  try {
    if (!self.inkloopPen) throw new Error("pen.js is missing; export the page again");
    reader = InkloopReader.open(self.inkloopPen);
  } catch (error) {
    document.getElementById("error").textContent = error.message;
    return;
  }
  const page = (self.inkloopPage = { reader, pause: PAUSE, close, finished: [] });

  let ink = null; // {strokes, color, until}: what is being drawn
  let pointer = null;
  let closing = 0;
  let closedAt = -Infinity;
  let inks = [];
  let frame = 0;

  /* Colors: the same for a label as in the sketches. */

  function colorIndex(label) {
    if (label.length === 1 && ORDER.includes(label)) return ORDER.indexOf(label);
    let crc = ~0;
    for (const byte of new TextEncoder().encode(label)) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return (~crc >>> 0) % 1000;
  }

  function labelColor(label) {
    const index = colorIndex(label);
    const hue = (0.08 + index * GOLDEN) % 1;
    const lightness = [0.66, 0.78, 0.56][Math.floor(index / 13) % 3];
    const chroma = 0.85 * Math.min(lightness, 1 - lightness);
    return [0, 8, 4].map((offset) => {
      const k = (offset + hue * 12) % 12;
      return 255 * (lightness - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
    });
  }

  function inkColor() {
    const { held, probabilities, unknown } = reader.answer;
    if (!held) return PAPER;
    const sure = Math.max(...probabilities) * (1 - unknown);
    return labelColor(held).map((channel, k) => PAPER[k] + (channel - PAPER[k]) * sure);
  }

  const css = (color, alpha) => `rgba(${color.map(Math.round).join(", ")}, ${alpha.toFixed(4)})`;

  /* Drawing. */

  function drawStroke(points, color, alpha) {
    context.strokeStyle = context.fillStyle = css(color, alpha);
    if (points.length === 1) {
      context.beginPath();
      context.arc(points[0][0], points[0][1], PEN_WIDTH / 2, 0, 2 * Math.PI);
      context.fill();
      return;
    }
    context.lineWidth = PEN_WIDTH;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...points[0]);
    for (let k = 1; k < points.length - 1; k += 1) {
      const [x, y] = points[k];
      context.quadraticCurveTo(x, y, (x + points[k + 1][0]) / 2, (y + points[k + 1][1]) / 2);
    }
    context.lineTo(...points[points.length - 1]);
    context.stroke();
  }

  function drawLetter(label, alpha, width, height) {
    const fits = Math.min(height * 0.9, width * 1.1, 900);
    context.font = `${fits}px Stage, Inter, system-ui, sans-serif`;
    const wide = context.measureText(label);
    const size = fits * Math.min(1, (0.86 * width) / Math.max(wide.width, 1));
    context.font = `${size}px Stage, Inter, system-ui, sans-serif`;
    const box = context.measureText(label);
    context.fillStyle = css(labelColor(label), alpha);
    context.textAlign = "left";
    const x = (width - box.actualBoundingBoxRight + box.actualBoundingBoxLeft) / 2;
    const y = (height + box.actualBoundingBoxAscent - box.actualBoundingBoxDescent) / 2;
    context.fillText(label, x, y);
  }

  function draw(now) {
    frame = 0;
    const [width, height] = fit();
    context.fillStyle = GROUND;
    context.fillRect(0, 0, width, height);
    const { held, opacity } = reader.answer;
    const lingers = ink ? 1 : 1 - (now - closedAt) / LETTER_LINGERS;
    if (held && lingers > 0) drawLetter(held, 0.7 * opacity * lingers, width, height);
    inks = inks.filter((each) => now < each.until);
    for (const each of inks) {
      const alpha = Math.min(1, (each.until - now) / CLEARING);
      for (const stroke of each.strokes) drawStroke(stroke, each.color, alpha);
    }
    if (ink) {
      ink.color = inkColor();
      for (const stroke of ink.strokes) drawStroke(stroke, ink.color, 1);
    }
    if (inks.length || (held && lingers > 0 && !ink)) later();
  }

  function later() {
    if (!frame) frame = requestAnimationFrame(draw);
  }

  function fit() {
    const ratio = self.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return [width, height];
  }

  /* The pen. */

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  function down(event) {
    event.preventDefault();
    if (pointer !== null || (event.pointerType === "mouse" && event.button !== 0)) return;
    pointer = event.pointerId;
    try {
      canvas.setPointerCapture(pointer);
    } catch {
      // The pointer is gone already; its end has been reported, or will be.
    }
    clearTimeout(closing);
    if (!ink) {
      ink = { strokes: [], color: PAPER, until: Infinity };
      reader.begin();
    }
    ink.strokes.push([at(event)]);
    reader.point(...at(event));
    later();
  }

  function move(event) {
    if (event.pointerId !== pointer) return;
    const together = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    const stroke = ink.strokes[ink.strokes.length - 1];
    for (const each of together.length ? together : [event]) {
      stroke.push(at(each));
      reader.point(...at(each));
    }
    later();
  }

  function up(event) {
    if (event.pointerId !== pointer) return;
    pointer = null;
    reader.lift();
    closing = setTimeout(close, page.pause);
    later();
  }

  function close() {
    if (!ink || pointer !== null) return;
    closedAt = performance.now();
    inks.push({ ...ink, color: inkColor(), until: closedAt + INK_STAYS });
    page.finished.push({ ...reader.answer, strokes: ink.strokes });
    if (page.finished.length > 100) page.finished.shift();
    ink = null;
    later();
  }

  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("lostpointercapture", up);
  // Without these a phone scrolls, zooms or selects while a letter is drawn.
  for (const name of ["touchstart", "touchmove", "contextmenu", "gesturestart", "dblclick"]) {
    document.addEventListener(name, (event) => event.preventDefault(), { passive: false });
  }
  self.addEventListener("resize", later);
  // The letter's font is there before the first letter.
  if (document.fonts) document.fonts.load("100px Stage", "A").then(later, later);
  later();
})();
