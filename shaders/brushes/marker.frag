// A felt marker: even dye, a little darker along both edges, with faint streaks.

uniform float streaks;

vec4 brush(Ink ink) {
    float fibre = noise(vec2(ink.along * 0.02, ink.across * 6.0 + ink.seed * 97.0));
    float finer = noise(vec2(ink.along * 0.05, ink.across * 17.0 + ink.seed * 31.0));
    float streak = streaks * (0.6 * fibre + 0.4 * finer - 0.5);
    float gathered = smoothstep(2.2, 0.4, ink.edge);
    float paper = 0.10 * (tooth(ink.paper) - 0.5);
    float strength = clamp(0.80 + 0.12 * gathered + 0.26 * streak + paper, 0.0, 1.0);
    vec3 dye = ink.color.rgb * (1.0 - 0.12 * gathered - 0.06 * streak);
    return vec4(dye, ink.color.a * strength * ink.coverage);
}
