#version 330 core

// A mesh in the colors of its vertices, or in a picture's, tinted by them.

in vec2 at;
in vec4 tint;

out vec4 paint;

#ifdef TEXTURED
uniform sampler2D picture; // premultiplied
#endif

void main() {
    paint = vec4(tint.rgb * tint.a, tint.a);
#ifdef TEXTURED
    paint *= texture(picture, at);
#endif
}
