#version 330 core

// One direction of a Gaussian blur.

const int REACH = 6; // as in sketch/render/post/gauss.py

uniform sampler2D picture;
uniform vec2 stride;              // from one pixel to the next, 0..1 of the picture
uniform float weights[REACH + 1]; // of the pixel and of its neighbours on each side

in vec2 at;

out vec4 paint;

void main() {
    vec4 sum = weights[0] * texture(picture, at);
    for (int i = 1; i <= REACH; i++) {
        vec2 away = float(i) * stride;
        sum += weights[i] * (texture(picture, at + away) + texture(picture, at - away));
    }
    paint = sum;
}
