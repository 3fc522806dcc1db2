#version 330 core

// A picture whose colors are premultiplied by its alpha.

uniform sampler2D picture;
uniform vec4 color; // alpha is the opacity; red is 1 to dither a picture that fades by being drawn again and again

in vec2 at;

out vec4 paint;

#include "dither.glsl"

void main() {
    paint = texture(picture, at) * color.a + dither() * color.r;
}
