#version 330 core

// A layer as large as the frame, drawn on the pixels it was painted at. Its colors are premultiplied.

uniform sampler2D picture;
uniform vec4 color; // only its alpha is used

out vec4 paint;

void main() {
    paint = texelFetch(picture, ivec2(gl_FragCoord.xy), 0) * color.a;
}
