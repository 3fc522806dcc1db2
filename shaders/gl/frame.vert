#version 330 core

// The whole frame as one triangle strip.

out vec2 at; // 0..1 from the bottom left

void main() {
    at = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    gl_Position = vec4(2.0 * at - 1.0, 0.0, 1.0);
}
