#version 330 core

// One instance is the quad of a band: one segment of a stroke, or two with a small turn. The layout of a row is described
// in sketch/render/strokes/bands.py.

#include "strokes/stroke_form.glsl"

uniform vec2 size; // of the framebuffer, in pixels

in vec4 start;  // x, y, radius, 1.0 if the start is round
in vec4 middle; // x, y, radius, reach of the start
in vec4 end;    // x, y, radius, reach of the end
in vec4 sides;  // mitre of the start, zero if it is open, and of the end
in vec4 color;  // premultiplied

noperspective out vec4 outside; // distances to four borders, or to three and one part of the vector from the center of a disc
noperspective out vec4 disc;    // the other part, the radius of the disc, the slope of the edge, and the bend in the middle
noperspective out vec4 joints;  // distances from the mitres of both ends, and their bends: below 0 on the inner side
flat out vec4 paint_of;

// Only distances to straight lines vary over the quad, so the rasterizer interpolates them for every pixel. They are
// scaled so that the edge of a pixel's square along its main axis is half a unit away.

struct Line { vec2 from; vec2 along; float sine; float cosine; float radius; float scale; };

Line line_of(vec4 from, vec4 to) {
    vec2 chord = to.xy - from.xy;
    float len = length(chord);
    vec2 along = chord / max(len, 1e-6);
    float sine = clamp((from.z - to.z) / max(len, 1e-6), -STEEPEST, STEEPEST);
    return Line(from.xy, along, sine, sqrt(1.0 - sine * sine), from.z, 1.0 / max(abs(along.x), abs(along.y)));
}

float outside_line(vec2 place, Line line, float side) {
    vec2 way = place - line.from;
    float across = side * (line.along.x * way.y - line.along.y * way.x);
    return (line.sine * dot(way, line.along) + line.cosine * across - line.radius) * line.scale;
}

float slope_of(vec2 along) {
    vec2 size = abs(along);
    return min(size.x, size.y) / max(size.x, size.y);
}

// Distance from the mitre of a joint, and its bend: the outline is bent as far from the mitre as the disc is visible.
vec2 joint_of(vec2 way, vec2 mitre, vec2 along, float radius, float outer, float scale) {
    if (mitre == vec2(0.0)) return vec2(0.0);
    vec2 middle = normalize(vec2(mitre.y, -mitre.x));
    float half_turn = middle.x * along.y - middle.y * along.x; // its sine
    float round_ = 2.0 * radius * half_turn * half_turn;
    return scale * vec2(2.0 * half_turn * dot(way, middle), half_turn * outer > 0.0 ? -round_ : round_);
}

void main() {
    bool at_end = gl_VertexID > 1;
    float side = (gl_VertexID & 1) == 0 ? -1.0 : 1.0;
    bool two = middle.xy != end.xy;
    Line one = line_of(start, two ? middle : end);
    Line other = one;
    if (two) other = line_of(middle, end);

    // Bands that share a mitre compute its corners from the same numbers in the same way, so their edges match exactly.
    vec2 corner = at_end ? end.xy + side * sides.zw : start.xy + side * sides.xy;
    if (!at_end && sides.xy == vec2(0.0)) {
        float len = max(length(end.xy - start.xy), 1e-6);
        float wide = middle.w + middle.w * max(middle.w - end.w, 0.0) / len;
        corner = start.xy - one.along * middle.w + side * wide * vec2(-one.along.y, one.along.x);
    }

    float bend = 0.0;
    joints = vec4(0.0);
    if (start.w > 0.0) {
        // Inside are the strip and, up to the tangent points, the disc at the start.
        vec2 way = corner - start.xy;
        float cut = 4.0 * (one.sine * start.z - dot(way, one.along));
        outside = vec4(outside_line(corner, one, 1.0), outside_line(corner, one, -1.0), cut, way.x * one.scale);
        disc.xy = vec2(way.y, start.z) * one.scale;
    } else {
        // Inside means inside both outlines on the outer side of the turn, and inside either on its inner side.
        float outer = one.along.x * other.along.y < one.along.y * other.along.x ? 1.0 : -1.0;
        float far = 4.0 * (middle.w + end.w) + 2.0 * length(end.xy - start.xy); // so large a disc is a straight line
        outside = vec4(outside_line(corner, one, outer), outside_line(corner, other, outer),
                       outside_line(corner, one, -outer), outside_line(corner, other, -outer) + far);
        disc.xy = vec2(0.0, far);
        // If the outer lines are closer than this, the disc in the middle lies within their corner.
        bend = middle.z * (1.0 - dot(one.along, other.along)) * one.scale;
        vec2 from = joint_of(corner - start.xy, sides.xy, one.along, start.z, outer, one.scale);
        vec2 to = joint_of(corner - end.xy, sides.zw, other.along, end.z, -outer, other.scale);
        joints = vec4(from.x, to.x, from.y, to.y);
    }
    // In the middle of each segment its slope, between them a transition.
    vec2 slopes = vec2(slope_of(one.along), slope_of(other.along));
    disc.zw = vec2(clamp(dot(slopes, at_end ? vec2(-0.5, 1.5) : vec2(1.5, -0.5)), 0.0, 1.0), bend);
    paint_of = color;

    gl_Position = vec4(corner / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}
