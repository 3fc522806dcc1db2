#version 330 core

// How much of a pixel the stroke covers, by its distance to the segment.
//   LOOK_BACK  only where no earlier segment of the stroke painted
//   EVEN       each segment has one color
//   THIN       lines thinner than a pixel become faint, not wide
//   SHAPED     caps and joins other than round ones (stroke_shape.glsl)
//   BRUSH      a brush's function decides the color (stroke_brush.glsl)
// A software driver executes both sides of a branch, so each variant is a separate program.

#include "strokes/stroke_form.glsl"
#ifdef SHAPED
#include "strokes/stroke_shape.glsl"
#endif
#ifdef BRUSH
#include "strokes/stroke_brush.glsl"
#include "brush"
#endif

noperspective in vec2 local; // along the segment and across it, in pixels
flat in vec4 form;
flat in vec4 edge;
flat in vec2 ends;
flat in vec4 color_from;
#ifndef EVEN
flat in vec4 color_step;
#endif
#ifdef SHAPED
flat in vec4 course;
flat in vec4 kinds;
#endif

out vec4 paint;

// Coverage, and the place of the nearest disc on the segment, 0..1.
vec2 cover(vec2 place, vec4 form, vec2 ends, vec4 edge) {
    vec2 found = outside_of(place, form, ends);
    float covered = inside(found.x, edge);
#ifdef THIN
    covered -= inside(found.x + 2.0 * (form.w - found.y * ends.x), edge);
#endif
    return vec2(covered, found.y);
}

#ifdef LOOK_BACK

uniform vec2 size;
uniform sampler2D past;   // x, y, radius, alpha and flags of every point, 1024 per row

flat in ivec2 window;     // the oldest segment to look at, and one past the newest

vec4 past_point(int index) {
    return texelFetch(past, ivec2(index & 1023, index >> 10), 0);
}

vec2 heading_of(vec2 chord, float len) {
    return len > 1e-6 ? chord / len : vec2(1.0, 0.0);
}

vec2 turned_into(vec2 heading, vec2 given) {
    return vec2(dot(given, heading), dot(given, vec2(-heading.y, heading.x)));
}

vec2 past_cover(vec2 point, vec4 start, vec4 end, int index) {
    vec2 chord = end.xy - start.xy;
    float len = length(chord);
    vec2 heading = heading_of(chord, len);
    vec2 place = turned_into(heading, point - start.xy);
    vec4 shape_ = form_of(len, start.z, end.z);
#ifdef SHAPED
    float start_flags = flags_of(start.w);
    vec4 past_kinds = vec4(start_flags == 1.0 || start_flags == 3.0 ? CAP : SHARP,
                           flags_of(end.w) >= 2.0 ? CAP : SHARP, len, start.z - end.z);
    vec2 next = past_point(index + 2).xy - end.xy;
    next = turned_into(heading, heading_of(next, length(next)));
    return shape_cover(place, shape_, edge_of(heading), vec4(heading, next), past_kinds);
#else
    return cover(place, shape_, vec2(shape_.x * len, 1.0 / max(shape_.z, 1e-6)), edge_of(heading));
#endif
}

float painted_before(vec2 point, float enough) {
    float most = 0.0;
    vec4 end = past_point(window.y);
    for (int i = window.y - 1; i >= window.x && most < enough; i--) {
        vec4 start = past_point(i);
        vec2 c = past_cover(point, start, end, i);
        most = max(most, c.x * mix(alpha_of(start.w), alpha_of(end.w), c.y));
        end = start;
    }
    return most;
}

float not_painted_before(float opacity) {
    vec2 point = vec2(gl_FragCoord.x, size.y - gl_FragCoord.y);
    float before = painted_before(point, opacity);
    // Rounding may leave both slightly above 1, which would make the divisor 0.
    return opacity > before && before < 1.0 ? min((opacity - before) / (1.0 - before), 1.0) : 0.0;
}

#endif

void main() {
#ifdef SHAPED
    vec2 c = shape_cover(local, form, edge, course, kinds);
#else
    vec2 c = cover(local, form, ends, edge);
#endif
#ifdef EVEN
    vec4 color = color_from;
#else
    vec4 color = color_from + c.y * color_step;
#endif
    float opacity = color.a * c.x;
#ifdef LOOK_BACK
    float whole = opacity;
    if (window.x < window.y && opacity > 0.0) opacity = not_painted_before(opacity);
#endif
#ifdef BRUSH
    color = brushed(color, c, local, form, ends);
#ifdef LOOK_BACK
    color.a *= whole > 0.0 ? opacity / whole : 1.0;
#endif
    opacity = color.a;
#endif
    paint = vec4(color.rgb * opacity, opacity);
}
