#version 330 core

// Small filled shapes as points: one square each, drawn in half the time of the two triangles of a quad.
// The layout of a row is described in sketch/render/shapes/painter.py; which rows qualify, in
// sketch/render/shapes/runs.py.
//   DISCS  all shapes are discs, which take a third of the steps

uniform vec2 size; // of the framebuffer, in pixels

in vec4 place;  // origin x, y, kind, unused
in vec4 axes;   // one step along the shape's own x, and along its y, in pixels
in vec4 extent; // half width, half height
in vec4 color;

flat out vec4 tint; // premultiplied

const float FRINGE = 0.6;

#ifdef DISCS

flat out vec2 middle; // in pixels from the bottom, as in OpenGL
flat out float rim;   // radius of the disc plus half a pixel

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

// For a software driver, passing numbers costs more than computing with them, so these are few.
flat out vec2 base;  // the shape's own coordinates of the first pixel in OpenGL
flat out vec2 right; // their change per pixel to the right
flat out vec2 up;    // their change per pixel upward
flat out vec4 form;  // of an ellipse: inverse radii, half a pixel less what a small one shrinks; of a box: half a pixel
                     // more than half its size; of a triangle: its heights; kind

const float ELLIPSE = 0.0;
const float TRIANGLE = 2.0;

// The inverse of the axes, row by row, and the middle of the shape in its own coordinates.
void measure(vec4 from_pixels, vec2 at, vec2 middle) {
    right = from_pixels.xz;
    up = -from_pixels.yw;
    base = at - middle.x * right - (size.y - middle.y) * up;
}

void main() {
    float area = axes.x * axes.w - axes.y * axes.z;
    vec4 from_pixels = vec4(axes.w, -axes.z, -axes.y, axes.x) / (area == 0.0 ? 1.0 : area);
    vec2 radii = max(extent.xy, vec2(0.5));
    vec2 reach = abs(axes.xy) * radii.x + abs(axes.zw) * radii.y;
    vec2 middle = place.xy;
    vec2 at = vec2(0.0);
    float alpha = color.a;
    form = vec4(extent.xy + 0.5, 0.0, place.z);

    if (place.z == TRIANGLE) {
        vec2 low = min(vec2(0.0), min(axes.xy, axes.zw));
        vec2 high = max(vec2(0.0), max(axes.xy, axes.zw));
        vec3 sides = vec3(length(axes.zw), length(axes.xy), length(axes.zw - axes.xy));
        vec2 off = 0.5 * (low + high);
        middle += off;
        at = vec2(dot(from_pixels.xy, off), dot(from_pixels.zw, off));
        form.xyz = abs(area) / max(sides, vec3(1e-9));
        reach = 0.5 * (high - low);
    } else if (place.z == ELLIPSE) {
        float small = min(extent.x, extent.y);
        float kept = max(small, 0.5);
        float faded = min(1.0, 2.0 * small);
        alpha *= faded * faded;
        from_pixels /= radii.xxyy;
        form.xyz = vec3(1.0 / radii, 0.5 - kept + sqrt(kept * kept - 1.0 / 12.0));
    }
    measure(from_pixels, at, middle);
    tint = vec4(color.rgb * alpha, alpha);

    gl_PointSize = 2.0 * (max(reach.x, reach.y) + FRINGE);
    gl_Position = vec4(middle / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
    if (area == 0.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}

#endif
