#version 330 core

// The frame or the faded last frame, whichever differs more from the ground. With MOVES, the last frame has moved.

uniform sampler2D picture;
uniform sampler2D last;
uniform vec4 ground;  // premultiplied
uniform float keep;
#ifdef MOVES
uniform vec4 to_last; // a matrix from places in the frame, in pixels from its center, to places in the last frame
uniform vec2 shift;   // in pixels
uniform vec2 size;
#endif

in vec2 at;

out vec4 paint;

#include "dither.glsl"

vec4 before() {
#ifdef MOVES
    vec2 place = (at - 0.5) * size - shift;
    vec2 there = vec2(dot(to_last.xy, place), dot(to_last.zw, place)) / size + 0.5;
    vec2 inside = step(abs(there - 0.5), vec2(0.5));
    return (texture(last, there) - ground) * inside.x * inside.y;
#else
    return texture(last, at) - ground;
#endif
}

void main() {
    vec4 now = texture(picture, at) - ground;
    vec4 then = before();
    vec4 left = max(abs(then) * keep + dither(), 0.0);
    paint = ground + mix(now, sign(then) * left, greaterThan(left, abs(now)));
}
