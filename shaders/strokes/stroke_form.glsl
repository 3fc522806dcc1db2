// What both stages of a stroke know of a segment: the union of the discs whose radius changes evenly along it.

const float STEEPEST = 0.9999; // with a steeper outline the disc at one end holds the other

// Sine and cosine of the slope of the outline, the outline's length, and the radius at the start.
vec4 form_of(float len, float from, float to) {
    float sine = clamp((from - to) / max(len, 1e-6), -STEEPEST, STEEPEST);
    float cosine = sqrt(1.0 - sine * sine);
    return vec4(sine, cosine, cosine * len, from);
}

// Of a square pixel that a straight edge cuts: how far from its center the edge touches the first corner, how far the
// second, one over the slope between them, and how much that bends past the second corner. `normal` is the edge's.
vec4 edge_of(vec2 normal) {
    float most = max(abs(normal.x), abs(normal.y));
    float least = min(abs(normal.x), abs(normal.y));
    return vec4(0.5 * (most + least), 0.5 * (most - least), 1.0 / most, 1.0 / max(2.0 * most * least, 1e-5));
}

// How much of the pixel lies inside the edge, exactly; `outside` is how far its center lies outside.
float inside(float outside, vec4 edge) {
    float away = min(abs(outside), edge.x);
    float past_corner = max(away - edge.y, 0.0);
    float half_ = away * edge.z - past_corner * past_corner * edge.w;
    return outside < 0.0 ? 0.5 + half_ : 0.5 - half_;
}

// How far outside the segment a place along and across it lies, and where on the segment the nearest disc is, 0..1.
// That disc does not lie at the place's foot but leans towards the thick end, by the slope of the outline.
// `ends` holds by how much the radius falls from start to end, and one over the outline's length.
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

// What an end of a segment can be where joins and caps have other shapes than round ones.
const float GENTLE = 0.0; // both segments share a mitre, and each pixel belongs to one of them
const float CAP = 1.0;    // the stroke ends here
const float SHARP = 2.0;  // the segment before paints the corner, the one after begins with a straight cut

const float BUTT = 0.0, ROUND = 1.0, SQUARE = 2.0;  // caps
const float BEVEL = 0.0, MITER = 2.0;               // joins, of which 1.0 is round too

// A point's alpha is stored with 2.0 added where its stroke starts, and 4.0 where it ends.
float flags_of(float stored) { return floor(stored * 0.5); }
float alpha_of(float stored) { return stored - 2.0 * flags_of(stored); }
