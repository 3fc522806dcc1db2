#version 330 core

// One color in the pixels inside an outline, by one of two rules.

uniform sampler2D turns;
uniform bool nonzero; // else even-odd
uniform vec4 color;   // not premultiplied

out vec4 paint;

#ifdef GRADIENT
#include "gradient.glsl"
#endif

void main() {
    float around = abs(texelFetch(turns, ivec2(gl_FragCoord.xy), 0).r);
    float covered = nonzero ? min(around, 1.0) : 1.0 - abs(1.0 - mod(around, 2.0));
    if (covered < 1e-3) covered = 0.0; // the rounding error of edges that cancel
    float opacity = color.a * covered;
#ifdef GRADIENT
    paint = gradient() * opacity;
#else
    paint = vec4(color.rgb * opacity, opacity);
#endif
}
