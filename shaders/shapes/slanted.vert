#version 330 core

// One instance is one shape whose axes may cross at any angle. The layout of a row is described in
// sketch/render/shapes/painter.py.

uniform vec2 size; // of the framebuffer, in pixels

in vec4 place;  // origin x, y, kind, line width
in vec4 axes;   // one step along the shape's own x, and along its y, in pixels
in vec4 extent; // half width, half height, corner radius, unused
in vec4 color;

out vec2 local;
flat out vec4 to_pixels; // inverse transpose of the axes: from slopes of the shape to slopes on the screen
flat out vec4 form;      // half width, half height, corner radius, line width
flat out vec4 tint;
flat out int kind;

const int TRIANGLE = 2;
const float FRINGE = 1.5;

void main() {
    float area = axes.x * axes.w - axes.y * axes.z;
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
    kind = int(place.z);
    vec2 middle = kind == TRIANGLE ? vec2(0.5) : vec2(0.0);

    // Distance along an axis in which the edge across it moves by a pixel.
    vec2 pixel = vec2(length(axes.zw), length(axes.xy)) / max(abs(area), 1e-9);
    local = middle + corner * (extent.xy + (FRINGE + 0.5 * place.w) * pixel);
    to_pixels = vec4(axes.w, -axes.y, -axes.z, axes.x) / area;
    form = vec4(extent.xyz, place.w);
    tint = color;

    vec2 point = place.xy + local.x * axes.xy + local.y * axes.zw;
    if (abs(area) < 1e-9) point = vec2(0.0);
    gl_Position = vec4(point / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}
