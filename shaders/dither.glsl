// A number within half a step of eight bits that differs from pixel to pixel and from frame to frame. It is added to
// a color before the color is rounded, so that slow fades reach their end: without it, a step of less than half a
// level would change nothing. A color that is exactly a level stays at that level.

uniform float moment; // in 0..1, from a low-discrepancy sequence

float dither() {
    float here = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
    return (fract(here + moment) - 0.5) * (0.998 / 255.0);
}
