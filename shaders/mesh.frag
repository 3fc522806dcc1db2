#version 330 core

in float coverage;
flat in vec4 tint;

out vec4 paint;

#ifdef GRADIENT
#include "gradient.glsl"
#endif

void main() {
    float opacity = tint.a * coverage;
#ifdef GRADIENT
    paint = gradient() * opacity;
#else
    paint = vec4(tint.rgb * opacity, opacity);
#endif
}
