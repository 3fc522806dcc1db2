#version 330 core

// A translucent rectangle over a picture that is kept, dithered so that what it fades reaches its color.

uniform sampler2D last; // what was there, as large as the target
uniform vec4 box;       // left, bottom, right, top, in pixels from the bottom left
uniform vec4 add;       // where it covers all of a pixel, what was there becomes this ...
uniform vec4 keep;      // ... and this share of itself

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
