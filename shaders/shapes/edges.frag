#version 330 core

// How much of a pixel lies to the right of an edge, negative for edges that run down. The sum over all edges of an
// outline is its winding number, averaged over the square of the pixel: exact, without samples.

uniform vec2 size; // of the framebuffer, in pixels

flat in vec4 ends;

out float turns;

// The integral of clamp(u, 0, 1) from 0 to u.
float covered(float u) {
    float inside = clamp(u, 0.0, 1.0);
    return 0.5 * inside * inside + max(u - 1.0, 0.0);
}

void main() {
    vec2 pixel = vec2(gl_FragCoord.x, size.y - gl_FragCoord.y) - 0.5;
    vec2 y = clamp(ends.yw - pixel.y, 0.0, 1.0); // the part of the edge in this row
    float slope = (ends.z - ends.x) / (ends.w - ends.y);
    vec2 x = ends.x + (y + pixel.y - ends.y) * slope;
    vec2 past = pixel.x + 1.0 - x; // distance to the right side of the pixel, where the edge enters and leaves
    float low = min(past.x, past.y);
    float grown = abs(past.y - past.x);
    float mean = grown > 1e-3 ? (covered(low + grown) - covered(low)) / grown : clamp(low + 0.5 * grown, 0.0, 1.0);
    if (low >= 1.0) mean = 1.0;
    turns = (y.x - y.y) * mean;
}
