#version 330 core

// The sum of light from nearby and from far away.

uniform sampler2D nearby;
uniform sampler2D far_off;

in vec2 at;

out vec4 paint;

void main() {
    paint = texture(nearby, at) + texture(far_off, at);
}
