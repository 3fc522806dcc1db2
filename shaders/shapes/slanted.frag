#version 330 core

// How much of a pixel a shape covers, for shapes that may be slanted. A line width of 0 means filled.

in vec2 local;
flat in vec4 to_pixels;
flat in vec4 form;
flat in vec4 tint;
flat in int kind;

out vec4 paint;

#ifdef GRADIENT
#include "gradient.glsl"
#endif

const int ELLIPSE = 0;
const int BOX = 1;

// Pixels on the screen per step of 1 along a slope of the shape.
float pixels(vec2 slope) {
    return 1.0 / length(vec2(dot(to_pixels.xy, slope), dot(to_pixels.zw, slope)));
}

float side(float distance_) {
    return clamp(0.5 - distance_, 0.0, 1.0);
}

float ellipse(vec2 radius) {
    vec2 unit = local / radius;
    vec2 slope = unit / radius;
    float outside = 0.5 * (dot(unit, unit) - 1.0); // the slope is exact on the outline
    float steep = length(vec2(dot(to_pixels.xy, slope), dot(to_pixels.zw, slope)));
    float k = length(unit);
    // k - 1 grows linearly from the center, which keeps the distance to a circle exact everywhere.
    return steep > 0.0 ? (k - 1.0) * k / steep : -min(radius.x, radius.y);
}

// A ramp of one pixel spreads a small disc; a radius shrunk a little keeps its area, and below half a pixel it fades.
float disc(vec2 radius) {
    float small = min(radius.x, radius.y);
    float kept = max(small, 0.5);
    float shrink = kept - sqrt(kept * kept - 1.0 / 12.0);
    float faded = min(1.0, 2.0 * small);
    vec2 drawn = max(radius, vec2(0.5));
    return side(ellipse(drawn) + shrink) * faded * faded;
}

float span(float along, float half_, float scale) {
    return side((abs(along) - half_) * scale) - side((abs(along) + half_) * scale);
}

float box(vec2 half_, float radius) {
    if (half_.x <= 0.0 || half_.y <= 0.0) return 0.0;
    if (radius <= 0.0)
        return span(local.x, half_.x, pixels(vec2(1.0, 0.0))) * span(local.y, half_.y, pixels(vec2(0.0, 1.0)));
    float r = min(radius, min(half_.x, half_.y));
    vec2 q = abs(local) - half_ + r;
    vec2 slope = q.x > 0.0 && q.y > 0.0 ? normalize(q) : q.x > q.y ? vec2(1.0, 0.0) : vec2(0.0, 1.0);
    vec2 facing = vec2(local.x < 0.0 ? -1.0 : 1.0, local.y < 0.0 ? -1.0 : 1.0);
    float inside = (length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - r) * pixels(slope * facing);
    return side(inside) - side(inside + 2.0 * min(half_.x, half_.y));
}

float triangle() {
    float a = side(-local.y * pixels(vec2(0.0, -1.0)));
    float b = side(-local.x * pixels(vec2(-1.0, 0.0)));
    float c = side((local.x + local.y - 1.0) * pixels(vec2(1.0)));
    // Also correct where two edges run through the same pixel, as in a sliver.
    return max(a + b + c - 2.0, 0.0);
}

float covered() {
    vec2 half_ = form.xy;
    float line = 0.5 * form.w;
    if (kind == ELLIPSE) {
        if (line == 0.0) return disc(half_);
        float outline = ellipse(max(half_, vec2(1e-3)));
        return side(outline - line) - side(outline + line);
    }
    if (kind == BOX) {
        if (line == 0.0) return box(half_, form.z);
        float outer = form.z > 0.0 ? form.z + line : 0.0;
        return box(half_ + line, outer) - box(half_ - line, max(form.z - line, 0.0));
    }
    return triangle();
}

void main() {
    float opacity = tint.a * covered();
#ifdef GRADIENT
    paint = gradient() * opacity;
#else
    paint = vec4(tint.rgb * opacity, opacity);
#endif
}
