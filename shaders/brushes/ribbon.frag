// A satin ribbon: folds of light and shade along the stroke, between two bright edges.

uniform float turns; // logical pixels per turn

vec4 brush(Ink ink) {
    float phase = 6.2832 * (ink.along / turns + ink.seed);
    float fold = 0.5 + 0.5 * sin(phase + 1.6 * ink.across);
    float sheen = pow(0.5 + 0.5 * sin(phase + 2.4 * ink.across + 1.0), 8.0);
    float hem = smoothstep(0.74, 0.80, abs(ink.across)) * (1.0 - smoothstep(0.90, 0.97, abs(ink.across)));
    vec3 cloth = ink.color.rgb * (0.45 + 0.55 * fold);
    cloth = mix(cloth, vec3(1.0), 0.40 * sheen);
    cloth = mix(cloth, min(ink.color.rgb * 1.2 + 0.1, 1.0), 0.55 * hem);
    return vec4(cloth, ink.color.a * ink.coverage);
}
