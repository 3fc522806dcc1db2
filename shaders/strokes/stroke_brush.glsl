// What a brush knows about the place that it paints. Lengths are logical pixels.
struct Ink {
    float along;      // from the stroke's start, along the line
    float across;     // from the middle of the line: -1 at one edge, 1 at the other, more beyond
    float edge;       // distance inside the outline; negative outside, where only a brush with bleed paints
    float coverage;   // of the pixel by the line, 0..1: multiply alpha by it for a smooth edge
    float width;      // of the line here
    vec4 color;       // not premultiplied
    float pressure;   // 0..1, and 0.5 where the device reports none
    float speed;      // of the pen, per second
    float progress;   // the next four, and `own`, are what the author gave for each point
    float class_id;
    float confidence;
    float age;
    vec4 own;
    float time;       // seconds, from the sketch
    vec2 paper;       // place on the page, so that the grain does not move with the line
    float seed;       // 0..1, different for each stroke
};

uniform float time;
uniform float unit;   // logical pixels per pixel
uniform vec2 page;    // size of the framebuffer, in pixels

noperspective in float along_pixel;
flat in vec4 pen;
flat in float seed;
flat in vec4 data_from;
flat in vec4 data_step;
flat in vec4 own_from;
flat in vec4 own_step;

// A number 0..1 that looks random, the same for the same place.
float lot(vec2 place) {
    vec3 mixed = fract(vec3(place.xyx) * vec3(0.1031, 0.1030, 0.0973));
    mixed += dot(mixed, mixed.yzx + 33.33);
    return fract((mixed.x + mixed.y) * mixed.z);
}

// Smooth noise 0..1 with a scale of about one unit.
float noise(vec2 place) {
    vec2 cell = floor(place), within = place - cell;
    vec2 ease = within * within * (3.0 - 2.0 * within);
    float top = mix(lot(cell), lot(cell + vec2(1.0, 0.0)), ease.x);
    float bottom = mix(lot(cell + vec2(0.0, 1.0)), lot(cell + vec2(1.0, 1.0)), ease.x);
    return mix(top, bottom, ease.y);
}

// The tooth of paper, 0 in its valleys and 1 on its peaks.
float tooth(vec2 paper) {
    float coarse = noise(paper * 0.42);
    float middle = noise(mat2(0.8, -0.6, 0.6, 0.8) * paper * 0.9 + 19.0);
    float fine = lot(floor(paper * 1.3));
    return clamp(0.5 + 1.5 * (0.45 * coarse + 0.35 * middle + 0.2 * fine - 0.5), 0.0, 1.0);
}

vec4 brush(Ink ink); // defined by the brush

vec4 brushed(vec4 color, vec2 covered, vec2 local, vec4 form, vec2 ends) {
    float radius = max(form.w - covered.y * ends.x, 1e-3);
    Ink ink;
    ink.along = along_pixel;
    ink.across = local.y / radius;
#ifdef SHAPED
    ink.edge = radius * (1.0 - abs(ink.across)) * unit; // caps and corners are not discs
#else
    ink.edge = -outside_of(local, form, ends).x * unit;
#endif
    ink.coverage = covered.x;
    ink.width = 2.0 * radius * unit;
    ink.color = color;
    vec4 data = data_from + covered.y * data_step;
    ink.pressure = pen.x + covered.y * pen.z;
    ink.speed = pen.y + covered.y * pen.w;
    ink.seed = seed;
    ink.progress = data.x;
    ink.class_id = data.y;
    ink.confidence = data.z;
    ink.age = data.w;
    ink.own = own_from + covered.y * own_step;
    ink.time = time;
    ink.paper = vec2(gl_FragCoord.x, page.y - gl_FragCoord.y) * unit;
    vec4 given = brush(ink);
    return vec4(max(given.rgb, 0.0), clamp(given.a, 0.0, 1.0));
}
