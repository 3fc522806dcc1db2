#version 330 core

// The mean of four places around each pixel. With BRIGHT, only of light above a threshold.

uniform sampler2D picture;
uniform vec2 reach; // from the center to each of the four places, 0..1 of the picture

in vec2 at;

out vec4 paint;

#ifdef BRIGHT
uniform float threshold;

const float KNEE = 0.2;

vec4 light(vec2 place) {
    vec4 color = texture(picture, place);
    float strongest = max(color.r, max(color.g, color.b));
    return color * smoothstep(threshold - KNEE, threshold + KNEE, strongest);
}
#else
vec4 light(vec2 place) {
    return texture(picture, place);
}
#endif

void main() {
    vec2 across = vec2(reach.x, -reach.y);
    paint = 0.25 * (light(at + reach) + light(at - reach) + light(at + across) + light(at - across));
}
