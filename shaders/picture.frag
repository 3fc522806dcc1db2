#version 330 core

// A picture whose colors are premultiplied by its alpha.

uniform sampler2D picture;
uniform vec4 color; // only its alpha is used

in vec2 at;

out vec4 paint;

void main() {
    paint = texture(picture, at) * color.a;
}
