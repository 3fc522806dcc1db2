#version 330 core

// The unchanged picture, stretched over the target.
//   UPSIDE_DOWN  with its first row last

uniform sampler2D picture;

in vec2 at;

out vec4 paint;

void main() {
#ifdef UPSIDE_DOWN
    paint = texture(picture, vec2(at.x, 1.0 - at.y));
#else
    paint = texture(picture, at);
#endif
}
