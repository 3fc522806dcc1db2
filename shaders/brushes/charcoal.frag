// Charcoal: the soft side of a stick, smudged along the stroke, with hard grains where the paper is rough.

uniform float smudge;

vec4 brush(Ink ink) {
    float profile = 1.0 - smoothstep(0.0, 1.0, abs(ink.across));
    float height = tooth(ink.paper);
    float streak = noise(vec2(ink.along * 0.04, ink.across * 7.0 + ink.seed * 61.0));
    float dust = smudge * profile * (0.45 + 0.55 * streak);
    float rough = height + 0.35 * profile + 0.3 * (ink.pressure - 0.5) + 0.25 * (streak - 0.5);
    float grains = smoothstep(0.62, 0.95, rough) * (0.2 + 0.8 * profile);
    return vec4(ink.color.rgb, ink.color.a * clamp(dust + 0.7 * grains, 0.0, 1.0) * ink.coverage);
}
