#version 330 core

uniform vec2 size; // of the framebuffer, in pixels

in vec3 place; // x, y, coverage
in vec4 color; // not premultiplied

out float coverage;
flat out vec4 tint;

void main() {
    coverage = place.z;
    tint = color;
    gl_Position = vec4(place.xy / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}
