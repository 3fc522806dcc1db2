#version 330 core

in float coverage;
flat in vec4 tint;

out vec4 paint;

#ifdef GRADIENT
#include "gradient.glsl"
#endif

void main() {
    // The clamp changes no value. Without it llvmpipe (Mesa 22.3) uses a fast path for plain shaders in windows,
    // which paints the inside of large shapes in a wrong color.
    float opacity = tint.a * clamp(coverage, 0.0, 1.0);
#ifdef GRADIENT
    paint = gradient() * opacity;
#else
    paint = vec4(tint.rgb * opacity, opacity);
#endif
}
