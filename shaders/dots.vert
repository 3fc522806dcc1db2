#version 330 core

// Small filled shapes as points: one square each, which is drawn in half the time of the two triangles of a quad.
// The layout of a row is described in sketch/render/shapes/painter.py; which rows qualify, in
// sketch/render/shapes/runs.py.
//   DISCS  all of them are discs, which take a third of the steps

uniform vec2 size; // of the framebuffer, in pixels

in vec4 place;  // origin x, y, kind, unused
in vec4 axes;   // where one step along the shape's own x, and along its y, leads
in vec4 extent; // half width, half height
in vec4 color;

flat out vec2 middle; // of the square, in pixels; of a disc as OpenGL counts them, from the bottom up
flat out vec4 tint;   // premultiplied

const float FRINGE = 0.6;

#ifdef DISCS

flat out float rim; // half a pixel more than how far out the disc goes

void main() {
    float kept = max(extent.x, 0.5);
    float faded = min(1.0, 2.0 * extent.x);
    float alpha = color.a * faded * faded;
    rim = 0.5 + sqrt(kept * kept - 1.0 / 12.0);
    tint = vec4(color.rgb * alpha, alpha);
    middle = vec2(place.x, size.y - place.y);
    gl_PointSize = 2.0 * (kept + FRINGE);
    gl_Position = vec4(place.xy / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}

#else

flat out vec4 base;   // what `along` and `down` grow from, there
flat out vec4 along;  // per pixel to the right
flat out vec4 down;   // per pixel downward
flat out vec4 form;   // of an ellipse: inverse radii, half a pixel less what a small one shrinks; kind

const float ELLIPSE = 0.0;
const float TRIANGLE = 2.0;

vec4 from_pixels; // the inverse of the axes, row by row

vec2 own(vec2 pixels) {
    return vec2(dot(from_pixels.xy, pixels), dot(from_pixels.zw, pixels));
}

// Half a pixel more than how far inside each edge a pixel lies.
vec2 triangle(float area) {
    vec2 low = min(vec2(0.0), min(axes.xy, axes.zw));
    vec2 high = max(vec2(0.0), max(axes.xy, axes.zw));
    vec3 heights = abs(area) / max(vec3(length(axes.xy), length(axes.zw), length(axes.zw - axes.xy)), vec3(1e-9));
    vec2 at = own(0.5 * (low + high));
    vec2 right = from_pixels.xz;
    vec2 below = from_pixels.yw;
    middle += 0.5 * (low + high);
    base = vec4(0.5 + vec3(at.y, at.x, 1.0 - at.x - at.y) * heights, 1.0);
    along = vec4(vec3(right.y, right.x, -right.x - right.y) * heights, 0.0);
    down = vec4(vec3(below.y, below.x, -below.x - below.y) * heights, 0.0);
    return 0.5 * (high - low);
}

// How far out, in radii along both axes.
void ellipse(vec2 radii) {
    float small = min(extent.x, extent.y);
    float kept = max(small, 0.5);
    float faded = min(1.0, 2.0 * small);
    tint.a *= faded * faded;
    along = vec4(from_pixels.xz / radii, 0.0, 0.0);
    down = vec4(from_pixels.yw / radii, 0.0, 0.0);
    form.xyz = vec3(1.0 / radii, 0.5 - kept + sqrt(kept * kept - 1.0 / 12.0));
}

// Half a pixel more than how far inside the left, right, upper and lower edge a pixel lies.
void box() {
    base = vec4(extent.xx, extent.yy) + 0.5;
    along = vec4(from_pixels.x, -from_pixels.x, from_pixels.z, -from_pixels.z);
    down = vec4(from_pixels.y, -from_pixels.y, from_pixels.w, -from_pixels.w);
}

void main() {
    float area = axes.x * axes.w - axes.y * axes.z;
    from_pixels = vec4(axes.w, -axes.z, -axes.y, axes.x) / (area == 0.0 ? 1.0 : area);
    vec2 radii = max(extent.xy, vec2(0.5));
    vec2 reach = abs(axes.xy) * radii.x + abs(axes.zw) * radii.y;
    middle = place.xy;
    tint = color;
    form = vec4(0.0, 0.0, 0.0, place.z);
    base = along = down = vec4(0.0);

    if (place.z == TRIANGLE) reach = triangle(area);
    else if (place.z == ELLIPSE) ellipse(radii);
    else box();

    gl_PointSize = 2.0 * (max(reach.x, reach.y) + FRINGE);
    gl_Position = vec4(middle / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
    if (area == 0.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    tint.rgb *= tint.a;
}

#endif
