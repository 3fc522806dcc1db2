#version 330 core

// One instance is one edge of an outline. Its quad covers its rows from the edge to the right end of the outline.

uniform vec2 size; // of the framebuffer, in pixels

in vec4 edge;   // x, y of the start, x, y of the end
in float right; // right end of its outline: beyond it, all its edges cancel

flat out vec4 ends;

void main() {
    vec2 low = floor(min(edge.xy, edge.zw));
    vec2 high = vec2(max(right, low.x), ceil(max(edge.y, edge.w)));
    vec2 point = mix(low, high, vec2(gl_VertexID & 1, gl_VertexID >> 1));
    ends = edge;
    gl_Position = vec4(point / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}
