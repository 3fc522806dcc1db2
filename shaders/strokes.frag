#version 330 core

// How much of a pixel the stroke covers, by its distance to the segment. With LOOK_BACK, of that only what no earlier
// segment of the stroke painted; without it the program is the faster one for strokes that never turn sharply.

in vec2 local;            // along the segment and across it, in pixels
flat in vec2 direction;
flat in vec4 profile;     // length, lean, radius at the start, how much it grows to the end
flat in vec4 color_from;
flat in vec4 color_to;

out vec4 paint;

const float SWALLOWED = 50.0; // leaning so much, the disc at one end holds the other's

// How much of a square pixel lies inside a straight edge, exactly. `steep` holds the greater and the lesser of the
// edge's normal's sizes along x and y; `outside` is how far the pixel's center lies outside.
float inside(float outside, vec2 steep) {
    float x = min(abs(outside), 0.5 * (steep.x + steep.y));
    float past_corner = max(x - 0.5 * (steep.x - steep.y), 0.0);
    float half_ = x / steep.x - past_corner * past_corner / max(2.0 * steep.x * steep.y, 1e-5);
    return outside < 0.0 ? 0.5 + half_ : 0.5 - half_;
}

// A segment is the union of discs whose radius changes evenly along it. The disc nearest to a point does not lie at its
// foot but leans towards the thick end, by the slope of the outline. Returns the coverage and where along the segment
// that disc lies, 0..1.
vec2 cover(vec2 place, vec2 heading, vec4 form) {
    float t = clamp((place.x - abs(place.y) * form.y) / form.x, 0.0, 1.0);
    if (abs(form.y) > SWALLOWED) t = step(form.y, 0.0);
    vec2 from_disc = vec2(place.x - t * form.x, place.y);
    float away = length(from_disc);
    float radius = form.z + t * form.w;
    vec2 normal = vec2(dot(from_disc, vec2(heading.x, -heading.y)), dot(from_disc, heading.yx)) / max(away, 1e-6);
    vec2 steep = vec2(max(abs(normal.x), abs(normal.y)), min(abs(normal.x), abs(normal.y)));
    if (away < 1e-6) steep = vec2(1.0, 0.0);
    // What lies between both edges, so that a line thinner than a pixel grows faint, not wide.
    return vec2(inside(away - radius, steep) - inside(away + radius, steep), t);
}

#ifdef LOOK_BACK

uniform vec2 size;
uniform sampler2D past;   // x, y, radius, alpha of every point, 1024 a row

flat in ivec2 window;     // the oldest segment to look at, and one past the newest

const float STEEPEST = 0.9999; // as in strokes.vert

vec4 past_point(int index) {
    return texelFetch(past, ivec2(index & 1023, index >> 10), 0);
}

float painted_before(vec2 point, float enough) {
    float most = 0.0;
    vec4 end = past_point(window.y);
    for (int i = window.y - 1; i >= window.x && most < enough; i--) {
        vec4 start = past_point(i);
        vec2 chord = end.xy - start.xy;
        float len = max(length(chord), 1e-6);
        vec2 heading = len > 1e-6 ? chord / len : vec2(1.0, 0.0);
        float narrowing = clamp((start.z - end.z) / len, -STEEPEST, STEEPEST);
        vec2 from_start = point - start.xy;
        vec2 place = vec2(dot(from_start, heading), dot(from_start, vec2(-heading.y, heading.x)));
        float lean = narrowing / sqrt(1.0 - narrowing * narrowing);
        vec2 c = cover(place, heading, vec4(len, lean, start.z, end.z - start.z));
        most = max(most, c.x * mix(start.w, end.w, c.y));
        end = start;
    }
    return most;
}

float not_painted_before(float opacity) {
    vec2 point = vec2(gl_FragCoord.x, size.y - gl_FragCoord.y);
    float before = painted_before(point, opacity);
    return opacity > before ? (opacity - before) / (1.0 - before) : 0.0;
}

#endif

void main() {
    vec2 c = cover(local, direction, profile);
    vec4 color = mix(color_from, color_to, c.y);
    float opacity = color.a * c.x;
#ifdef LOOK_BACK
    if (window.x < window.y && opacity > 0.0) opacity = not_painted_before(opacity);
#endif
    paint = vec4(color.rgb * opacity, opacity);
}
