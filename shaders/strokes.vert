#version 330 core

// One instance is the quad of one segment. The attributes of both its ends come from the same buffer, one row apart.
// The layout of a row is described in sketch/render/stroke_rows.py.

uniform vec2 size; // of the framebuffer, in pixels

in vec4 start_place; // x, y, radius, reach
in vec4 start_joint; // mitre x, mitre y, skip, back
in vec4 start_color;
in vec4 end_place;
in vec4 end_joint;
in vec4 end_color;

flat out vec4 segment;    // start x, y and end x, y
flat out vec4 profile;    // direction x, y, length, lean
flat out vec2 radii;
flat out vec4 color_from;
flat out vec4 color_to;
flat out ivec2 window;    // the first and one past the last earlier segment to look at

const float STEEPEST = 0.9999;

void main() {
    bool at_end = gl_VertexID > 1;
    float side = (gl_VertexID & 1) == 0 ? -1.0 : 1.0;

    vec2 step_ = end_place.xy - start_place.xy;
    float len = length(step_);
    vec2 direction = len > 1e-9 ? step_ / len : vec2(1.0, 0.0);
    vec2 normal = vec2(-direction.y, direction.x);

    // Both segments at a mitre compute its corners from the same numbers in the same way, so their edges match exactly.
    vec4 place = at_end ? end_place : start_place;
    vec2 mitre = at_end ? end_joint.xy : start_joint.xy;
    bool round_end = mitre == vec2(0.0);
    vec2 offset = round_end ? normal * place.w : mitre;
    vec2 corner = place.xy + side * offset;
    if (round_end) corner += direction * (at_end ? place.w : -place.w);
    if (start_joint.w < 0.0) corner = vec2(0.0);

    float narrowing = clamp((start_place.z - end_place.z) / max(len, 1e-6), -STEEPEST, STEEPEST);
    segment = vec4(start_place.xy, end_place.xy);
    profile = vec4(direction, max(len, 1e-6), narrowing / sqrt(1.0 - narrowing * narrowing));
    radii = vec2(start_place.z, end_place.z);
    color_from = start_color;
    color_to = end_color;
    int newest = gl_InstanceID - int(start_joint.z);
    window = ivec2(newest - int(max(start_joint.w, 0.0)), newest);

    gl_Position = vec4(corner / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}
