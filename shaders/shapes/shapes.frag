#version 330 core

// How much of a pixel a shape covers. Software drivers run every branch, so each kind takes few steps.

in vec2 local; // in pixels, on the shape's own axes
in vec3 edges;
flat in vec4 form;
flat in vec4 tint;
flat in int kind;

out vec4 paint;

#ifdef GRADIENT
#include "gradient.glsl"
#endif

const int ELLIPSE = 0;
const int BOX = 1;
const int TRIANGLE = 2;

// Distance to an ellipse to the first order, which is exact near its outline.
float ellipse() {
    vec2 unit = local * form.xy;
    vec2 slope = unit * form.xy;
    float square = dot(unit, unit);
    return clamp(form.z - (square - sqrt(square)) * inversesqrt(max(dot(slope, slope), 1e-12)), 0.0, 1.0);
}

vec2 spans(vec2 half_) {
    return clamp(0.5 + half_ - abs(local), 0.0, 1.0) - clamp(0.5 - half_ - abs(local), 0.0, 1.0);
}

float box() {
    vec2 outer = spans(form.xy);
    vec2 inner = spans(form.zw);
    return outer.x * outer.y - inner.x * inner.y;
}

float triangle() {
    vec3 inside = clamp(edges, 0.0, 1.0);
    // Also correct where two edges run through the same pixel, as in a sliver.
    return max(inside.x + inside.y + inside.z - 2.0, 0.0);
}

float ring() {
    vec2 q = abs(local) - form.xy;
    float outside = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0);
    return clamp(form.z - outside, 0.0, 1.0) - clamp(form.w - outside, 0.0, 1.0);
}

void main() {
    float covered = kind == BOX ? box() : kind == TRIANGLE ? triangle() : kind == ELLIPSE ? ellipse() : ring();
#ifdef GRADIENT
    paint = gradient() * (tint.a * covered);
#else
    float opacity = tint.a * covered;
    paint = vec4(tint.rgb * opacity, opacity);
#endif
}
