#version 330 core

// The frame as a newspaper prints it: three inks, each in dots on a screen of its own angle.

uniform sampler2D picture;
uniform vec2 size;
uniform float cell; // distance of two dots, in pixels

in vec2 at;

out vec4 paint;

const vec3 PAPER = vec3(0.95, 0.93, 0.87);
const vec3 INKS[3] = vec3[3](vec3(0.0, 0.55, 0.72), vec3(0.93, 0.16, 0.42), vec3(1.0, 0.83, 0.1));
const float ANGLES[3] = float[3](0.26, 1.31, 0.0);

float dot_at(vec2 pixel, int ink) {
    float c = cos(ANGLES[ink]), s = sin(ANGLES[ink]);
    mat2 turned = mat2(c, s, -s, c);
    vec2 middle = turned * ((floor(transpose(turned) * pixel / cell) + 0.5) * cell);
    float light = texture(picture, clamp(middle / size, 0.0, 1.0))[ink];
    float radius = cell * 0.72 * sqrt(1.0 - light);
    return clamp(radius - length(pixel - middle) + 0.5, 0.0, 1.0);
}

void main() {
    vec3 color = PAPER;
    for (int ink = 0; ink < 3; ink++) color *= mix(vec3(1.0), INKS[ink], dot_at(at * size, ink));
    paint = vec4(color, 1.0);
}
