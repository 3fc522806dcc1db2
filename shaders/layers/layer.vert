#version 330 core

// Upright rectangles of a picture, drawn on the pixels it was painted at, one per instance.

uniform vec2 size; // of the framebuffer, in pixels

in vec4 box; // left, top, right, bottom in pixels

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    gl_Position = vec4(mix(box.xy, box.zw, corner) / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}
