#version 330 core

// How much of a pixel a small filled shape covers.

#ifdef GRADIENT
#include "gradient.glsl"
#endif

flat in vec4 tint;

out vec4 paint;

#ifdef DISCS

flat in vec2 middle;
flat in float rim;

float covered() {
    return clamp(rim - length(gl_FragCoord.xy - middle), 0.0, 1.0);
}

#else

flat in vec2 base;
flat in vec2 right;
flat in vec2 up;
flat in vec4 form;

const float ELLIPSE = 0.0;
const float BOX = 1.0;

// Distance to an ellipse to the first order, as in shapes.frag.
float ellipse(vec2 unit) {
    vec2 slope = unit * form.xy;
    float square = dot(unit, unit);
    return clamp(form.z - (square - sqrt(square)) * inversesqrt(max(dot(slope, slope), 1e-12)), 0.0, 1.0);
}

float box(vec2 own) {
    vec2 inside = clamp(form.xy + own, 0.0, 1.0) + clamp(form.xy - own, 0.0, 1.0) - 1.0;
    return inside.x * inside.y;
}

float triangle(vec2 own) {
    vec3 inside = clamp(0.5 + vec3(own, 1.0 - own.x - own.y) * form.xyz, 0.0, 1.0);
    return max(inside.x + inside.y + inside.z - 2.0, 0.0);
}

float covered() {
    vec2 own = base + gl_FragCoord.x * right + gl_FragCoord.y * up;
    return form.w == ELLIPSE ? ellipse(own) : form.w == BOX ? box(own) : triangle(own);
}

#endif

void main() {
#ifdef GRADIENT
    paint = gradient() * (tint.a * covered());
#else
    paint = tint * covered();
#endif
}
