#version 330 core

// One instance is the quad of one segment. The attributes of both its ends come from the same buffer, one row apart.
// The layout of a row is described in sketch/render/strokes/rows.py.

#include "strokes/stroke_form.glsl"

uniform vec2 size; // of the framebuffer, in pixels
#if defined(LOOK_BACK) || defined(SHAPED)
uniform int first; // first segment of this call in the batch
#endif

in vec4 start_place; // x, y, radius, reach
in vec4 start_joint; // mitre x, mitre y, skip, back
in vec4 start_color;
in vec4 end_place;
in vec4 end_joint;
#ifndef EVEN
in vec4 end_color;
#endif
#ifdef BRUSH
uniform float unit; // logical pixels per pixel
in vec4 start_trace; // along, pressure, speed, seed
in vec4 start_data;  // progress, class, confidence, age
in vec4 start_own;
in vec4 end_trace;
in vec4 end_data;
in vec4 end_own;
#endif

// Without depth no perspective division is needed.
noperspective out vec2 local; // along the segment and across it, in pixels
flat out vec4 form;
flat out vec4 edge;
flat out vec2 ends;
flat out vec4 color_from;
#ifndef EVEN
flat out vec4 color_step;
#endif
#ifdef LOOK_BACK
flat out ivec2 window; // the oldest segment to look at, and one past the newest
#endif
#ifdef SHAPED
uniform sampler2D past;
uniform vec3 shape; // cap, join, miter limit
flat out vec4 course; // heading, and direction of the next segment in this one's coordinates
flat out vec4 kinds;  // of the start, of the end, length, decrease of the radius
#endif
#ifdef BRUSH
noperspective out float along_pixel;
flat out vec4 pen;      // pressure and speed at the start, and their increase to the end
flat out float seed;
flat out vec4 data_from;
flat out vec4 data_step;
flat out vec4 own_from;
flat out vec4 own_step;
#endif

const vec2 SLANTED = vec2(0.9239, 0.3827); // halfway between an upright edge and a diagonal one

// Half width of the quad at a round end, which must contain the disc there and the slanted outline next to it.
float round_reach(float here, float there, float len) {
    bool both_round = start_joint.xy == vec2(0.0) && end_joint.xy == vec2(0.0);
    return both_round ? max(here, there) : here + here * max(here - there, 0.0) / max(len, 1e-6);
}

void main() {
    bool at_end = gl_VertexID > 1;
    float side = (gl_VertexID & 1) == 0 ? -1.0 : 1.0;

    vec2 along = end_place.xy - start_place.xy;
    float len = length(along);
    vec2 direction = len > 1e-9 ? along / len : vec2(1.0, 0.0);
    vec2 normal = vec2(-direction.y, direction.x);

    // Both segments at a mitre compute its corners from the same numbers in the same way, so their edges match exactly.
    vec4 place = at_end ? end_place : start_place;
    vec4 other = at_end ? start_place : end_place;
    vec2 mitre = at_end ? end_joint.xy : start_joint.xy;
    bool round_end = mitre == vec2(0.0);
    float past_end = max(place.w, other.w - len);
#ifdef SHAPED
    int index = first + gl_InstanceID;
    vec4 newest_point = texelFetch(past, ivec2((index + 1) & 1023, (index + 1) >> 10), 0);
    float start_flags = flags_of(texelFetch(past, ivec2(index & 1023, index >> 10), 0).w);
    float end_flags = flags_of(newest_point.w);
    bool starts = start_flags == 1.0 || start_flags == 3.0;
    bool stops = end_flags >= 2.0;
    kinds = vec4(start_joint.xy != vec2(0.0) ? GENTLE : starts ? CAP : SHARP,
                 end_joint.xy != vec2(0.0) ? GENTLE : stops ? CAP : SHARP,
                 len, start_place.z - end_place.z);
    course = vec4(direction, 1.0, 0.0);
    if (!stops) {
        vec2 next = texelFetch(past, ivec2((index + 2) & 1023, (index + 2) >> 10), 0).xy - end_place.xy;
        float next_len = length(next);
        if (next_len > 1e-9) course.zw = vec2(dot(next, direction), dot(next, normal)) / next_len;
    }
    float half_cos = sqrt(max(0.5 + 0.5 * course.z, 0.0));
    if (at_end && kinds.y == SHARP && shape.y == MITER && half_cos * shape.z >= 1.0)
        past_end = max(past_end, place.w / half_cos);
#endif
    vec2 corner = place.xy + side * (round_end ? normal * round_reach(place.w, other.w, len) : mitre);
    if (round_end) corner += direction * (at_end ? 1.0 : -1.0) * past_end;
    if (start_joint.w < 0.0) corner = vec2(0.0);

    vec2 from_start = corner - start_place.xy;
    local = vec2(dot(from_start, direction), dot(from_start, normal));
    form = form_of(len, start_place.z, end_place.z);
    // A dot has edges of every slope: the mean is used for all.
    edge = edge_of(len < 1e-3 ? SLANTED : normal);
    ends = vec2(form.x * len, 1.0 / max(form.z, 1e-6));
    color_from = start_color;
#ifndef EVEN
    color_step = end_color - start_color;
#endif
#ifdef LOOK_BACK
    int newest = first + gl_InstanceID - int(start_joint.z);
    window = ivec2(newest - int(max(start_joint.w, 0.0)), newest);
#endif
#ifdef BRUSH
    // Both segments at a mitre have the same value there; past a round end it continues to grow.
    along_pixel = at_end ? end_trace.x : start_trace.x;
    if (round_end) along_pixel += (at_end ? 1.0 : -1.0) * past_end * unit;
    pen = vec4(start_trace.yz, end_trace.yz - start_trace.yz);
    seed = start_trace.w;
    data_from = start_data;
    data_step = end_data - start_data;
    own_from = start_own;
    own_step = end_own - start_own;
#endif

    gl_Position = vec4(corner / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}
