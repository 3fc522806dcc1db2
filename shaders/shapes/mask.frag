#version 330 core

// One color, masked by a picture of coverage, such as text.

uniform sampler2D picture;
uniform vec4 color; // not premultiplied

in vec2 at;

out vec4 paint;

#ifdef GRADIENT
#include "gradient.glsl"
#endif

void main() {
    float opacity = color.a * texture(picture, at).r;
#ifdef GRADIENT
    paint = gradient() * opacity;
#else
    paint = vec4(color.rgb * opacity, opacity);
#endif
}
