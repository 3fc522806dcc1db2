#version 330 core

// What differs most from the ground wins: the frame, or what is left of the last one. With MOVES, the last one has moved.

uniform sampler2D picture;
uniform sampler2D last;
uniform vec4 ground;  // premultiplied
uniform float keep;
uniform float moment; // another number each frame
#ifdef MOVES
uniform vec4 to_last; // a matrix that leads from the frame's middle, in pixels, back to where things were
uniform vec2 shift;   // in pixels
uniform vec2 size;
#endif

in vec2 at;

out vec4 paint;

// Eight bits would keep a faint trail as it is for ever, or end it early: rounded up or down by chance, at every pixel
// and in every frame anew, it fades as slowly as it should.
float chance() {
    vec2 pixel = gl_FragCoord.xy + 5.588238 * moment;
    return fract(52.9829189 * fract(dot(pixel, vec2(0.06711056, 0.00583715)))) - 0.5;
}

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
    vec4 left = max(abs(then) * keep + chance() / 255.0, 0.0);
    paint = ground + mix(now, sign(then) * left, greaterThan(left, abs(now)));
}
