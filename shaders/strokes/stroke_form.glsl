// Shared by both stages of a stroke. A segment is the union of the discs whose radius changes linearly along it.

const float STEEPEST = 0.9999; // with a steeper outline the disc at one end contains the other

// Sine and cosine of the slope of the outline, the outline's length, and the radius at the start.
vec4 form_of(float len, float from, float to) {
    float sine = clamp((from - to) / max(len, 1e-6), -STEEPEST, STEEPEST);
    float cosine = sqrt(1.0 - sine * sine);
    return vec4(sine, cosine, cosine * len, from);
}

// For a square pixel cut by a straight edge: distances from its center at which the edge touches the first corner and
// the second, one over the slope between them, and the bend past the second corner. `normal` is that of the edge.
vec4 edge_of(vec2 normal) {
    float most = max(abs(normal.x), abs(normal.y));
    float least = min(abs(normal.x), abs(normal.y));
    return vec4(0.5 * (most + least), 0.5 * (most - least), 1.0 / most, 1.0 / max(2.0 * most * least, 1e-5));
}

// The exact share of the pixel inside the edge; `outside` is the distance of its center from the edge.
float inside(float outside, vec4 edge) {
    float away = min(abs(outside), edge.x);
    float past_corner = max(away - edge.y, 0.0);
    float half_ = away * edge.z - past_corner * past_corner * edge.w;
    return outside < 0.0 ? 0.5 + half_ : 0.5 - half_;
}

// Distance outside the segment of a place along and across it, and the place of the nearest disc on the segment, 0..1.
// That disc is not at the foot of the perpendicular, but towards the thick end, by the slope of the outline.
// `ends` holds the decrease of the radius from start to end, and one over the length of the outline.
vec2 outside_of(vec2 place, vec4 form, vec2 ends) {
    float across = abs(place.y);
    float away = form.x * place.x + form.y * across;
    float along = form.y * place.x - form.x * across;
    float on = clamp(along, 0.0, form.z);
    float past = along - on;
    float fall = past > 0.0 ? ends.x : 0.0;
    float from_end = away - fall;
    float round_ = sqrt(past * past + from_end * from_end) + fall;
    return vec2((past == 0.0 ? away : round_) - form.w, on * ends.y);
}

// Kinds of ends of a segment if joins or caps are not round.
const float GENTLE = 0.0; // both segments share a mitre; each pixel belongs to one of them
const float CAP = 1.0;    // the stroke ends here
const float SHARP = 2.0;  // the segment before paints the corner, the next begins with a straight cut

const float BUTT = 0.0, ROUND = 1.0, SQUARE = 2.0;  // caps
const float BEVEL = 0.0, MITER = 2.0;               // joins, of which 1.0 is round too

// A point's alpha is stored with 2.0 added where its stroke starts, and 4.0 where it ends.
float flags_of(float stored) { return floor(stored * 0.5); }
float alpha_of(float stored) { return stored - 2.0 * flags_of(stored); }
