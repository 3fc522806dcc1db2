#version 330 core

// How much of a pixel the stroke covers, by its distance to the segment, and of that what no earlier segment painted.

uniform vec2 size;
uniform sampler2D past; // x, y, radius, alpha of every point, 1024 a row

flat in vec4 segment;
flat in vec4 profile;
flat in vec2 radii;
flat in vec4 color_from;
flat in vec4 color_to;
flat in ivec2 window;

out vec4 paint;

// A segment is the union of discs whose radius changes evenly along it. The disc nearest to a point does not lie at its
// foot but leans towards the thick end by the slope of the outline. Returns the coverage and where along the segment
// that disc lies, 0..1.
vec2 cover(vec2 point, vec2 start, vec2 direction, float len, float lean, vec2 radius) {
    vec2 away = point - start;
    float along = dot(away, direction);
    float across = abs(away.x * direction.y - away.y * direction.x);
    float t = clamp((along - across * lean) / len, 0.0, 1.0);
    float distance_ = length(vec2(along - t * len, across));
    float r = mix(radius.x, radius.y, t);
    // The part of a pixel's width between both edges, so that a line thinner than a pixel grows faint, not wide.
    return vec2(clamp(r - distance_ + 0.5, 0.0, 1.0) - clamp(0.5 - r - distance_, 0.0, 1.0), t);
}

vec4 past_point(int index) {
    return texelFetch(past, ivec2(index & 1023, index >> 10), 0);
}

float painted_before(vec2 point, float enough) {
    float most = 0.0;
    vec4 end = past_point(window.y);
    for (int i = window.y - 1; i >= window.x && most < enough; i--) {
        vec4 start = past_point(i);
        vec2 step_ = end.xy - start.xy;
        float len = max(length(step_), 1e-6);
        float narrowing = clamp((start.z - end.z) / len, -0.9999, 0.9999);
        float lean = narrowing / sqrt(1.0 - narrowing * narrowing);
        vec2 c = cover(point, start.xy, step_ / len, len, lean, vec2(start.z, end.z));
        most = max(most, c.x * mix(start.w, end.w, c.y));
        end = start;
    }
    return most;
}

void main() {
    vec2 point = vec2(gl_FragCoord.x, size.y - gl_FragCoord.y);
    vec2 c = cover(point, segment.xy, profile.xy, profile.z, profile.w, radii);
    vec4 color = mix(color_from, color_to, c.y);
    float opacity = color.a * c.x;
    if (window.x < window.y && opacity > 0.0) {
        float before = painted_before(point, opacity);
        opacity = opacity > before ? (opacity - before) / (1.0 - before) : 0.0;
    }
    paint = vec4(color.rgb * opacity, opacity);
}
