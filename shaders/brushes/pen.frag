// A technical pen: one even color with a sharp edge.

vec4 brush(Ink ink) {
    return vec4(ink.color.rgb, ink.color.a * ink.coverage);
}
