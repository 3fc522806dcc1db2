#version 330 core

// What a mesh or a rectangle passes to a fragment stage. Names that start with frame_ belong to Inkloop.

uniform vec2 frame_size;   // in pixels
uniform vec4 frame_axes;   // from the author's coordinates to pixels
uniform vec2 frame_origin;

in vec2 point;
in vec2 texcoord;
in vec4 color;

out vec2 at;    // the texture coordinates, 0..1 from the top left corner of a rectangle
out vec2 place; // the author's coordinates
out vec4 tint;  // not premultiplied

void main() {
    at = texcoord;
    place = point;
    tint = color;
    vec2 pixel = point.x * frame_axes.xy + point.y * frame_axes.zw + frame_origin;
    gl_Position = vec4(pixel / frame_size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}
