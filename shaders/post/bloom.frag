#version 330 core

// The frame with light added.

uniform sampler2D picture;
uniform sampler2D light;
uniform float strength;

in vec2 at;

out vec4 paint;

// A fraction of a step of 8 bits, different at every pixel, because wide glows would show bands (J. Jimenez, Next
// generation post processing in Call of Duty, 2014).
float dither() {
    return fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;
}

void main() {
    vec4 base = texture(picture, at);
    vec3 glow = strength * texture(light, at).rgb;
    float strongest = max(glow.r, max(glow.g, glow.b));
    // Bright places get less, so that they are not clipped.
    vec3 lit = base.rgb + glow * (1.0 - 0.5 * base.rgb) + dither() * min(strongest, 1.0 / 255.0);
    paint = vec4(lit, max(base.a, min(strongest, 1.0)));
}
