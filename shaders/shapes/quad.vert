#version 330 core

// One textured parallelogram, given by uniforms alone.

uniform vec2 size;   // of the framebuffer, in pixels
uniform vec2 origin; // place of the first corner of `part`, in pixels
uniform vec4 sides;  // from there along the width of the picture, and along its height
uniform vec4 part;   // of the texture: left, top, right, bottom, 0..1

out vec2 at;

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    vec2 point = origin + corner.x * sides.xy + corner.y * sides.zw;
    at = mix(part.xy, part.zw, corner);
    gl_Position = vec4(point / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}
