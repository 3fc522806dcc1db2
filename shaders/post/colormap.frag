#version 330 core

// A color for every brightness.

uniform sampler2D picture;
uniform sampler2D colors; // one row, from dark to bright
uniform float amount;

in vec2 at;

out vec4 paint;

const vec3 BRIGHTNESS = vec3(0.2126, 0.7152, 0.0722); // Rec. 709

void main() {
    vec4 base = texture(picture, at);
    float brightness = clamp(dot(base.rgb, BRIGHTNESS) / max(base.a, 1e-4), 0.0, 1.0);
    int last = textureSize(colors, 0).x - 1;
    vec3 mapped = texelFetch(colors, ivec2(int(brightness * float(last) + 0.5), 0), 0).rgb;
    paint = vec4(mix(base.rgb, mapped * base.a, amount), base.a);
}
