#version 330 core

in float coverage;
flat in vec4 tint;

out vec4 paint;

void main() {
    float opacity = tint.a * coverage;
    paint = vec4(tint.rgb * opacity, opacity);
}
