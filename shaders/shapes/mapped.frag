#version 330 core

// A picture by a table of colors: a color for every brightness, or for every class.

uniform sampler2D picture; // premultiplied
uniform sampler2D colors;  // one row of 256, premultiplied
uniform vec4 color;        // alpha is the opacity

in vec2 at;

out vec4 paint;

const vec3 BRIGHTNESS = vec3(0.2126, 0.7152, 0.0722); // Rec. 709

void main() {
    vec4 base = texture(picture, at);
    float brightness = clamp(dot(base.rgb, BRIGHTNESS) / max(base.a, 1e-4), 0.0, 1.0);
    paint = texelFetch(colors, ivec2(int(brightness * 255.0 + 0.5), 0), 0) * base.a * color.a;
}
