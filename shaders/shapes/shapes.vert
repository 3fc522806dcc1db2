#version 330 core

// One instance is one shape whose axes cross at a right angle. The layout of a row is described in
// sketch/render/shapes/painter.py.

uniform vec2 size; // of the framebuffer, in pixels

in vec4 place;  // origin x, y, kind, line width
in vec4 axes;   // one step along the shape's own x, and along its y, in pixels
in vec4 extent; // half width, half height, corner radius, unused
in vec4 color;

out vec2 local;
out vec3 edges;      // of a triangle: distance inside of each edge, plus half a pixel
flat out vec4 form;  // numbers for the fragment stage, by kind
flat out vec4 tint;
flat out int kind;

const int ELLIPSE = 0;
const int BOX = 1;
const int TRIANGLE = 2;
const int ROUND = 3;

const float FRINGE = 0.6;

// A ramp of one pixel spreads a small disc; a radius shrunk a little keeps its area, and below half a pixel it fades.
float shrink(float radius) {
    return radius - sqrt(radius * radius - 1.0 / 12.0);
}

// Rounded boxes, including circles, are rings around a box: half its size, then the distances from it at which the
// paint ends and begins, plus half a pixel.
vec4 ring(float radius, float line) {
    vec2 inner = extent.xy - radius;
    if (line > 0.0) return vec4(inner, radius + line + 0.5, radius - line + 0.5);
    return vec4(inner, radius + 0.5, radius - 2.0 * min(extent.x, extent.y) + 0.5);
}

vec4 disc(vec2 radius) {
    float kept = max(min(radius.x, radius.y), 0.5);
    float faded = min(1.0, 2.0 * min(radius.x, radius.y));
    tint.a *= faded * faded;
    if (kind == ROUND) return vec4(0.0, 0.0, kept - shrink(kept) + 0.5, -1e9);
    return vec4(1.0 / max(radius, vec2(0.5)), 0.5 - shrink(kept), 0.0);
}

vec2 triangle(vec2 corner, float area) {
    vec3 sides = vec3(length(axes.xy), length(axes.zw), length(axes.zw - axes.xy));
    vec3 heights = area / max(sides, vec3(1e-9)); // above the side along x, the side along y, and the third side
    vec3 fringe = FRINGE / max(heights, vec3(1e-9));
    float reach = 1.0 + fringe.x + fringe.y + fringe.z;
    vec2 around = vec2(0.5) + corner * (0.5 + fringe.yx);
    // The triangle enlarged by the fringe, or the parallelogram around it if that is smaller, as for a needle.
    vec2 grown = vec2(corner.x > 0.0 ? reach : 0.0, corner.y > 0.0 ? reach : 0.0) - fringe.yx;
    if (corner == vec2(1.0)) grown = vec2(-fringe.y, reach - fringe.x);
    bool needle = 0.5 * reach * reach > (1.0 + 2.0 * fringe.x) * (1.0 + 2.0 * fringe.y);
    vec2 at = needle ? around : grown;
    edges = vec3(0.5) + vec3(at.y, at.x, 1.0 - at.x - at.y) * heights;
    return at;
}

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
    float line = 0.5 * place.w;
    kind = int(place.z);
    tint = color;
    edges = vec3(0.0);
    form = vec4(0.0);
    local = corner * (max(extent.xy, vec2(0.5)) + line + FRINGE);
    float area = abs(axes.x * axes.w - axes.y * axes.z);

    if (kind == TRIANGLE) {
        local = triangle(corner, area);
    } else if (kind == ELLIPSE) {
        if (line > 0.0 || abs(extent.x - extent.y) <= 1e-5 * extent.x) kind = ROUND;
        form = line > 0.0 ? ring(extent.x, line) : disc(extent.xy);
    } else if (extent.z > 0.0) {
        kind = ROUND;
        form = ring(min(extent.z, min(extent.x, extent.y)), line);
    } else {
        form = vec4(extent.xy + line, line > 0.0 ? max(extent.xy - line, vec2(0.0)) : vec2(0.0));
    }

    vec2 point = place.xy + local.x * axes.xy + local.y * axes.zw;
    if (area < 1e-9) point = vec2(0.0);
    gl_Position = vec4(point / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}
