#version 330 core

// A translucent rectangle over a picture that is kept, dithered so that the picture fades completely to its color.

uniform sampler2D last; // the picture before, as large as the target
uniform vec4 box;       // left, bottom, right, top, in pixels from the bottom left
uniform vec4 add;       // where it covers a whole pixel, the result is this ...
uniform vec4 keep;      // ... plus this share of the picture

out vec4 paint;

#include "dither.glsl"

void main() {
    vec2 covered = clamp(min(gl_FragCoord.xy + 0.5, box.zw) - max(gl_FragCoord.xy - 0.5, box.xy), 0.0, 1.0);
    float share = covered.x * covered.y;
    if (share == 0.0) {
        discard;
    }
    paint = texelFetch(last, ivec2(gl_FragCoord.xy), 0) * mix(vec4(1.0), keep, share) + add * share + dither();
}
