// Chalk: it stays on the peaks of the paper, more of it with more pressure, and crumbles along its edges.

uniform float grain;

vec4 brush(Ink ink) {
    float height = tooth(1.25 * ink.paper * grain);
    float crumbs = lot(floor(ink.paper * 1.9) + 7.0);
    float ragged = 0.45 * (noise(ink.paper * 0.22) - 0.5) + 0.25 * (noise(ink.paper * 0.7 + 5.0) - 0.5);
    float rim = smoothstep(0.55, 1.05, abs(ink.across) + ragged);
    float drag = 0.16 * (noise(vec2(ink.along * 0.03, ink.across * 8.0 + ink.seed * 43.0)) - 0.5);
    float depth = 0.22 - 0.40 * (ink.pressure - 0.5) + 0.62 * rim + drag;
    float caught = smoothstep(depth - 0.16, depth + 0.16, 0.75 * height + 0.25 * crumbs);
    vec3 dust = ink.color.rgb * (0.88 + 0.12 * crumbs);
    return vec4(dust, ink.color.a * (0.10 * (1.0 - rim) + 0.86 * caught) * ink.coverage);
}
