#version 330 core

// What differs most from the ground wins: the frame, or what is left of the last one.

uniform sampler2D picture;
uniform sampler2D last;
uniform vec4 to_last; // a matrix that leads from the frame's middle, in pixels, back to where things were
uniform vec2 shift;   // in pixels
uniform vec2 size;
uniform vec4 ground;  // premultiplied
uniform float keep;
uniform float moment; // another number each frame

in vec2 at;

out vec4 paint;

// Eight bits would keep a faint trail as it is for ever, or end it early: rounded up or down by chance, at every pixel
// and in every frame anew, it fades as slowly as it should.
float chance() {
    vec2 pixel = gl_FragCoord.xy + 5.588238 * moment;
    return fract(52.9829189 * fract(dot(pixel, vec2(0.06711056, 0.00583715)))) - 0.5;
}

void main() {
    vec2 place = (at - 0.5) * size - shift;
    vec2 before = vec2(dot(to_last.xy, place), dot(to_last.zw, place)) / size + 0.5;
    vec4 now = texture(picture, at) - ground;
    vec4 then = texture(last, before) - ground;
    then = sign(then) * max(abs(then) * keep + chance() / 255.0, 0.0);
    if (any(lessThan(before, vec2(0.0))) || any(greaterThan(before, vec2(1.0)))) then = vec4(0.0);
    paint = ground + mix(now, then, greaterThan(abs(then), abs(now)));
}
