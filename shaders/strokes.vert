#version 330 core

// One instance is the quad of one segment. The attributes of both its ends come from the same buffer, one row apart.
// The layout of a row is described in sketch/render/stroke_rows.py.

uniform vec2 size; // of the framebuffer, in pixels
#ifdef LOOK_BACK
uniform int first; // segment of the batch that this call starts with
#endif

in vec4 start_place; // x, y, radius, reach
in vec4 start_joint; // mitre x, mitre y, skip, back
in vec4 start_color;
in vec4 end_place;
in vec4 end_joint;
in vec4 end_color;

out vec2 local;           // along the segment and across it, in pixels
flat out vec2 direction;
flat out vec4 profile;    // length, lean, radius at the start, how much it grows to the end
flat out vec4 color_from;
flat out vec4 color_to;
#ifdef LOOK_BACK
flat out ivec2 window;    // the oldest segment to look at, and one past the newest
#endif

const float STEEPEST = 0.9999;

// How far sideways the quad goes at a round end, so that it holds the disc there and the slanted outline beside it.
float round_reach(float here, float there, float len) {
    bool both_round = start_joint.xy == vec2(0.0) && end_joint.xy == vec2(0.0);
    return both_round ? max(here, there) : here + here * max(here - there, 0.0) / max(len, 1e-6);
}

void main() {
    bool at_end = gl_VertexID > 1;
    float side = (gl_VertexID & 1) == 0 ? -1.0 : 1.0;

    vec2 along = end_place.xy - start_place.xy;
    float len = length(along);
    direction = len > 1e-9 ? along / len : vec2(1.0, 0.0);
    vec2 normal = vec2(-direction.y, direction.x);

    // Both segments at a mitre compute its corners from the same numbers in the same way, so their edges match exactly.
    vec4 place = at_end ? end_place : start_place;
    vec4 other = at_end ? start_place : end_place;
    vec2 mitre = at_end ? end_joint.xy : start_joint.xy;
    bool round_end = mitre == vec2(0.0);
    vec2 corner = place.xy + side * (round_end ? normal * round_reach(place.w, other.w, len) : mitre);
    if (round_end) corner += direction * (at_end ? 1.0 : -1.0) * max(place.w, other.w - len);
    if (start_joint.w < 0.0) corner = vec2(0.0);

    float narrowing = clamp((start_place.z - end_place.z) / max(len, 1e-6), -STEEPEST, STEEPEST);
    vec2 from_start = corner - start_place.xy;
    local = vec2(dot(from_start, direction), dot(from_start, normal));
    float lean = narrowing / sqrt(1.0 - narrowing * narrowing);
    profile = vec4(max(len, 1e-6), lean, start_place.z, end_place.z - start_place.z);
    color_from = start_color;
    color_to = end_color;
#ifdef LOOK_BACK
    int newest = first + gl_InstanceID - int(start_joint.z);
    window = ivec2(newest - int(max(start_joint.w, 0.0)), newest);
#endif

    gl_Position = vec4(corner / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}
