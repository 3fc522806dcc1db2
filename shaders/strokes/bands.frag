#version 330 core

// How much of a pixel a band covers.

noperspective in vec4 outside;
noperspective in vec4 disc;
noperspective in vec4 joints;
flat in vec4 paint_of;

out vec4 paint;

// The parabola that touches both lines of a corner is very close to the disc between them.
float rounding(float apart, float round_) {
    float near = max(round_ - abs(apart), 0.0);
    return near * near / max(4.0 * round_, 1e-4);
}

void main() {
    float round_ = length(vec2(outside.w, disc.x)) - disc.y;
    float from = rounding(joints.x, abs(joints.z));
    float to = rounding(joints.y, abs(joints.w));
    float outer = max(outside.x, outside.y) + rounding(outside.x - outside.y, disc.w);
    outer += (joints.z > 0.0 ? from : 0.0) + (joints.w > 0.0 ? to : 0.0);
    float inner = min(outside.z, round_) + (joints.z < 0.0 ? from : 0.0) + (joints.w < 0.0 ? to : 0.0);
    float away = max(outer, inner);
    // As `inside` in stroke_form.glsl, for a pixel that is one unit wide along the main axis of its edge.
    float near = min(abs(away), 0.5 + 0.5 * disc.z);
    float past_corner = max(near - (0.5 - 0.5 * disc.z), 0.0);
    float half_ = near - past_corner * past_corner / max(2.0 * disc.z, 1e-5);
    paint = paint_of * (away < 0.0 ? 0.5 + half_ : 0.5 - half_);
}
