#version 330 core

// How much of a pixel a small filled shape covers.

#ifdef GRADIENT
#include "gradient.glsl"
#else
uniform vec2 size; // of the framebuffer, in pixels
#endif

flat in vec2 middle;
flat in vec4 tint;

out vec4 paint;

#ifdef DISCS

flat in float rim;

float covered() {
    return clamp(rim - length(gl_FragCoord.xy - middle), 0.0, 1.0);
}

#else

flat in vec4 base;
flat in vec4 along;
flat in vec4 down;
flat in vec4 form;

const float ELLIPSE = 0.0;
const float BOX = 1.0;

// Distance to an ellipse to the first order, as in shapes.frag.
float ellipse(vec2 unit) {
    vec2 slope = unit * form.xy;
    float square = dot(unit, unit);
    return clamp(form.z - (square - sqrt(square)) * inversesqrt(max(dot(slope, slope), 1e-12)), 0.0, 1.0);
}

float covered() {
    vec2 off = vec2(gl_FragCoord.x, size.y - gl_FragCoord.y) - middle;
    vec4 inside = base + off.x * along + off.y * down;
    vec4 edges = clamp(inside, 0.0, 1.0);
    float box = (edges.x + edges.y - 1.0) * (edges.z + edges.w - 1.0);
    float triangle = max(edges.x + edges.y + edges.z - 2.0, 0.0);
    return form.w == ELLIPSE ? ellipse(inside.xy) : form.w == BOX ? box : triangle;
}

#endif

void main() {
#ifdef GRADIENT
    paint = gradient() * (tint.a * covered());
#else
    paint = tint * covered();
#endif
}
