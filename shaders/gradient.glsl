// The color of a gradient at a pixel, premultiplied. Described in sketch/render/gradient.py.

uniform vec2 size;           // of the framebuffer, in pixels
uniform sampler2D ramp;      // its colors from 0 to 1
uniform vec4 ramp_axes;      // from pixels to the gradient's own coordinates
uniform vec2 ramp_origin;
uniform bool ramp_round;     // away from the center, or along x

vec4 gradient() {
    vec2 pixel = vec2(gl_FragCoord.x, size.y - gl_FragCoord.y);
    vec2 own = pixel.x * ramp_axes.xy + pixel.y * ramp_axes.zw + ramp_origin;
    float share = clamp(ramp_round ? length(own) : own.x, 0.0, 1.0);
    return texture(ramp, vec2((share * 255.0 + 0.5) / 256.0, 0.5));
}
