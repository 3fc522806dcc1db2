// Coverage if caps or joins are not round. Each segment is a strip with straight outlines; it paints the corner at its
// end but not at its start, so that no pixel between two segments is left out.

uniform vec3 shape; // cap, join, miter limit

// Pixels by which segments overlap at a corner: more than the rounding error, and not at the center of a pixel if all
// points lie on whole pixels.
const float SEAM = 0.0217;

float slanted_inside(float outside, vec2 normal, vec2 heading) {
    return inside(outside, edge_of(vec2(dot(normal, vec2(heading.x, -heading.y)), dot(normal, heading.yx))));
}

float round_cover(vec2 from, float radius, vec2 heading) {
    float away = length(from);
    vec2 normal = away > 1e-4 ? from / away : vec2(1.0, 0.0);
    return slanted_inside(away - radius, normal, heading) - slanted_inside(away + radius, normal, heading);
}

// `past` is the distance of a place beyond the end, `strip` the coverage between the outlines.
float cap_cover(float strip, vec2 past, float radius, vec4 edge, vec2 heading) {
    if (shape.x == ROUND) return past.x > 0.0 ? round_cover(past, radius, heading) : strip;
    return max(strip + inside(past.x - (shape.x == SQUARE ? radius : 0.0), edge) - 1.0, 0.0);
}

float corner_cover(vec2 from, float radius, vec2 next, vec4 edge, vec2 heading) {
    float across_next = abs(next.x * from.y - next.y * from.x);
    float own = inside(abs(from.y) - radius, edge);
    float its = slanted_inside(across_next - radius, vec2(-next.y, next.x), heading);
    // In a pixel that both outlines cross, the smaller coverage counts if they run the same way, and their sum minus
    // one if they run against each other, as in a needle.
    float both = mix(max(own + its - 1.0, 0.0), min(own, its), 0.5 + 0.5 * next.x);
    // Coverage of the next segment, over which this one fades where both paint.
    if (dot(from, next) >= SEAM) return min(both, inside(from.x - 0.5, edge));
    if (shape.y == ROUND) return round_cover(from, radius, heading);
    float half_cos = sqrt(max(0.5 + 0.5 * next.x, 0.0));
    vec2 outward = vec2(1.0, 0.0) - next;
    if (shape.y == MITER && half_cos * shape.z >= 1.0) return both;
    float size = length(outward);
    if (size < 1e-3) return own;
    outward /= size;
    // Where the bevel ends in a tip finer than a pixel, no outline of a segment is left.
    return min(both, slanted_inside(dot(from, outward) - radius * half_cos, outward, heading));
}

// Coverage of a place along and across a segment, and its place on the segment, 0..1.
vec2 shape_cover(vec2 place, vec4 form, vec4 edge, vec4 course, vec4 kinds) {
    float len = kinds.z, fall = kinds.w;
    float on = clamp(place.x, 0.0, len);
    float t = on / max(len, 1e-6);
    float radius = form.w - t * fall;
    float slant = inversesqrt(1.0 + form.x * form.x);
    float covered = inside(slant * (abs(place.y) - radius), edge) - inside(slant * (abs(place.y) + radius), edge);
    if (kinds.x == CAP) covered = cap_cover(covered, vec2(-place.x, place.y), form.w, edge, course.xy);
    if (kinds.x == SHARP && place.x < -SEAM) covered = 0.0;
    vec2 past = vec2(place.x - len, place.y);
    if (kinds.y == CAP) covered = cap_cover(covered, past, form.w - fall, edge, course.xy);
    if (kinds.y == SHARP && past.x > SEAM) covered = corner_cover(past, form.w - fall, course.zw, edge, course.xy);
    return vec2(covered, t);
}
