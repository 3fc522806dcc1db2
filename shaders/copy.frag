#version 330 core

// The picture as it is, stretched over the target.

uniform sampler2D picture;

in vec2 at;

out vec4 paint;

void main() {
    paint = texture(picture, at);
}
