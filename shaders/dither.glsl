// A number within half a step of eight bits, another at every pixel and in every frame. Added to a color before it is
// rounded, it makes what fades fade as slowly as it should, all the way: rounded to the nearest, a step of less than
// half a level would leave it as it is for ever. A color that is a level already stays that level.

uniform float moment; // in 0..1, of a sequence that soon comes near to every number, and so at every pixel

float dither() {
    float here = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
    return (fract(here + moment) - 0.5) * (0.998 / 255.0);
}
