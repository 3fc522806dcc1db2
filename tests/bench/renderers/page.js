// Draws the benchmark's scenes with p5.js and with the bare canvas, as often as it is asked to.

const [WIDTH, HEIGHT] = SCENES.size;

function p5Strokes(p) {
    const { xy, width, color } = SCENES.strokes;
    p.background(...SCENES.ground);
    for (let s = 0; s < xy.length; s++) {
        p.stroke(...color[s]);
        for (let i = 1; i < xy[s].length; i++) {
            p.strokeWeight((width[s][i - 1] + width[s][i]) / 2);
            p.line(xy[s][i - 1][0], xy[s][i - 1][1], xy[s][i][0], xy[s][i][1]);
        }
    }
}

function p5Shapes(p, scene) {
    const { kind, xy, half, color } = scene;
    p.background(...SCENES.ground);
    p.noStroke();
    for (let i = 0; i < kind.length; i++) {
        const [x, y] = xy[i], [a, b] = half[i];
        p.fill(color[i][0], color[i][1], color[i][2]);
        if (kind[i] === 0) p.circle(x, y, 2 * a);
        else if (kind[i] === 1) p.ellipse(x, y, 2 * a, 2 * b);
        else if (kind[i] === 2) p.rect(x - a, y - b, 2 * a, 2 * b);
        else p.triangle(x, y - b, x + a, y + b, x - a, y + b);
    }
}

function bareStrokes(context) {
    const { xy, width, color } = SCENES.strokes;
    context.fillStyle = `rgb(${SCENES.ground})`;
    context.fillRect(0, 0, WIDTH, HEIGHT);
    context.lineCap = "round";
    for (let s = 0; s < xy.length; s++) {
        context.strokeStyle = `rgb(${color[s]})`;
        for (let i = 1; i < xy[s].length; i++) {
            context.lineWidth = (width[s][i - 1] + width[s][i]) / 2;
            context.beginPath();
            context.moveTo(...xy[s][i - 1]);
            context.lineTo(...xy[s][i]);
            context.stroke();
        }
    }
}

function bareContext() {
    const element = document.createElement("canvas");
    [element.width, element.height] = SCENES.size;
    document.body.append(element);
    return element.getContext("2d");
}

function p5Instance() {
    return new Promise((ready) => new p5((p) => {
        p.setup = () => {
            p.pixelDensity(1);
            p.createCanvas(WIDTH, HEIGHT);
            p.noLoop();
        };
        p.draw = () => ready(p);
    }));
}

// The browser only notes what is drawn until somebody looks at a pixel.
const finish = (context) => context.getImageData(0, 0, 1, 1);

function timed(scene, frames) {
    const wall_ms = [];
    for (let i = 0; i < frames; i++) {
        const began = performance.now();
        scene.draw();
        finish(scene.context);
        wall_ms.push(performance.now() - began);
    }
    return JSON.stringify({ wall_ms });
}

function picture(scene) {
    scene.draw();
    return scene.context.getImageData(0, 0, WIDTH, HEIGHT).data;
}

async function main() {
    const context = bareContext(), p = await p5Instance();
    const scenes = {
        canvas2d_strokes: { context, draw: () => bareStrokes(context) },
        p5_strokes: { context: p.drawingContext, draw: () => p5Strokes(p) },
        p5_shapes: { context: p.drawingContext, draw: () => p5Shapes(p, SCENES.shapes) },
        p5_circles: { context: p.drawingContext, draw: () => p5Shapes(p, SCENES.circles) },
    };
    const send = (body) => fetch("/answer", { method: "POST", body });
    await send(JSON.stringify({ scenes: Object.keys(scenes), agent: navigator.userAgent }));
    for (;;) {
        const request = await (await fetch("/request")).json();
        const scene = scenes[request.scene];
        await send(request.picture ? picture(scene) : timed(scene, request.frames));
    }
}

addEventListener("load", main);
