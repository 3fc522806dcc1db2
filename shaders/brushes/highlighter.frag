// A highlighter: clear ink over what is already drawn, cut straight at both ends.

uniform float strength;

vec4 brush(Ink ink) {
    float uneven = 0.10 * (noise(vec2(ink.along * 0.015, ink.across * 1.5 + ink.seed * 50.0)) - 0.5);
    float rim = 0.05 * smoothstep(2.0, 0.5, ink.edge);
    return vec4(ink.color.rgb, ink.color.a * (strength + uneven + rim) * ink.coverage);
}
