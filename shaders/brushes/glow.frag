// Light: a white core with a halo far beyond the line, which pulses if it is given the time.

uniform float halo;

vec4 brush(Ink ink) {
    float away = 1.0 - 2.0 * ink.edge / ink.width; // distance from the middle of the line, in half widths
    float thread = smoothstep(0.85, 0.15, away);
    float breath = 1.0 + 0.12 * sin(3.0 * ink.time + 0.02 * ink.along);
    float reach = clamp(1.0 - away / 4.0, 0.0, 1.0);
    float light = clamp(halo * breath * pow(reach, 4.0), 0.0, 1.0);
    vec3 color = mix(ink.color.rgb, vec3(1.0), 0.85 * thread);
    return vec4(color, ink.color.a * max(light, thread));
}
