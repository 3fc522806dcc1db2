#version 330 core

// A mesh in the colors of its vertices, or a picture tinted by them.

in vec2 at;
in vec4 tint;

out vec4 paint;

#ifdef TEXTURED
uniform sampler2D picture; // premultiplied
#endif

void main() {
    vec4 shade = clamp(tint, 0.0, 1.0); // for llvmpipe, as in mesh.frag
    paint = vec4(shade.rgb * shade.a, shade.a);
#ifdef TEXTURED
    paint *= texture(picture, at);
#endif
}
