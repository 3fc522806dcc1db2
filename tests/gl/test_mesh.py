import numpy as np
import pytest

from sketch.render.gradient import Gradient
from sketch.render.images.fbo import Fbo
from sketch.render.images.image import Image
from sketch.render.meshes.mesh import Mesh

SQUARE = [(5, 5), (25, 5), (25, 25), (5, 25)]
CORNERS = [(0, 0), (1, 0), (1, 1), (0, 1)]
QUARTERS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], dtype=np.uint8)


def square_in(mode):
    return {
        "triangles": Mesh(SQUARE, [0, 1, 2, 0, 2, 3], texcoords=CORNERS),
        "triangle_strip": Mesh(SQUARE, [0, 1, 3, 2], mode="triangle_strip", texcoords=CORNERS),
        "triangle_fan": Mesh(SQUARE, mode="triangle_fan", texcoords=CORNERS),
    }[mode]


@pytest.mark.parametrize("mode", ["triangles", "triangle_strip", "triangle_fan"])
def test_a_square_of_triangles_is_a_rectangle(draw, mode):
    def paint(canvas):
        canvas.color(255, 127.5, 0, 102)
        canvas.mesh(square_in(mode))

    def rectangle(canvas):
        canvas.color(255, 127.5, 0, 102)
        canvas.rect(5, 5, 20, 20)

    assert np.abs(draw((30, 30), paint) - draw((30, 30), rectangle))[..., :3].max() <= 1.5 / 255


def test_colors_of_vertices_mix_between_them(draw):
    colors = [(255, 0, 0), (0, 0, 255), (0, 0, 255), (255, 0, 0)]
    drawn = draw((30, 30), lambda c: c.mesh(Mesh(SQUARE, [0, 1, 2, 0, 2, 3], colors=colors)))
    assert drawn[15, 15, :3] == pytest.approx((0.475, 0, 0.525), abs=0.01)
    assert drawn[15, 5, 0] > 0.95
    assert drawn[15, 24, 2] > 0.95


@pytest.mark.parametrize("kind", ["array", "image", "file", "fbo"])
def test_a_texture_stands_the_right_way_up(draw, tmp_path, kind):
    fbo = Fbo(2, 2)

    def paint(canvas):
        source = QUARTERS
        if kind == "image":
            source = Image(QUARTERS)
        if kind == "file":
            source = tmp_path / "quarters.png"
            Image(QUARTERS).save(source)
        if kind == "fbo":
            source = fbo
            with canvas.into(fbo):
                canvas.image(QUARTERS, 0, 0)
        canvas.color(255, alpha=0.5)
        canvas.mesh(square_in("triangles"), source)

    drawn = draw((30, 30), paint)
    for at, color in (((7, 7), (1, 0, 0)), ((7, 23), (0, 1, 0)), ((23, 7), (0, 0, 1)), ((23, 23), (1, 1, 1))):
        assert drawn[at][:3] == pytest.approx(np.array(color) / 2, abs=0.01)


def test_an_fbo_that_changed_is_the_texture_it_is_now(draw):
    fbo = Fbo(4, 4)

    def paint(canvas):
        for x, grey in ((0, 50), (30, 200)):
            with canvas.into(fbo):
                canvas.background(grey)
            with canvas.pushed():
                canvas.translate(x, 0)
                canvas.mesh(square_in("triangle_fan"), fbo)

    drawn = draw((60, 30), paint)
    assert drawn[15, 15, 0] == pytest.approx(50 / 255, abs=0.005)
    assert drawn[15, 45, 0] == pytest.approx(200 / 255, abs=0.005)


def test_a_gradient_colors_a_mesh_and_transforms_move_it(draw):
    def paint(canvas):
        canvas.translate(10, 0)
        canvas.gradient(Gradient.linear(5, 0, 25, 0, ["#000000", "#ffffff"]))
        canvas.mesh(square_in("triangles"))

    drawn = draw((40, 30), paint)
    assert drawn[15, 15, 0] < 0.1
    assert drawn[15, 34, 0] > 0.9
    assert drawn[15, 5, 0] == 0


def test_lines_and_points_have_the_line_width(draw):
    def lines(mode):
        def paint(canvas):
            canvas.line_width(3)
            canvas.mesh(Mesh(SQUARE, mode=mode))

        return paint

    assert draw((30, 30), lines("lines"))[..., 0].sum() == pytest.approx(2 * 60 + 2 * 7.07, rel=0.02)
    assert draw((30, 30), lines("line_strip"))[..., 0].sum() == pytest.approx(3 * 60 + 2, rel=0.05)
    assert draw((30, 30), lines("points"))[..., 0].sum() == pytest.approx(4 * 7.07, rel=0.03)


def test_a_mesh_is_read_only_and_knows_itself():
    mesh = Mesh(SQUARE, [0, 1, 2], colors=[(0, 0, 255)] * 4)
    assert repr(mesh) == "Mesh(4 vertices, 3 indices, triangles)"
    assert np.array(mesh.colors)[0].tolist() == [0, 0, 1, 1]
    with pytest.raises(ValueError, match="read-only"):
        mesh.vertices[0] = 3
    assert len(Mesh(np.empty((0, 2)))) == 0


def test_an_empty_mesh_draws_nothing(draw):
    def paint(canvas):
        canvas.mesh(Mesh(np.empty((0, 2))))
        canvas.mesh(Mesh(SQUARE, []))
        canvas.mesh(Mesh(SQUARE, [], mode="points"))
        canvas.mesh(Mesh(SQUARE, [], mode="line_strip"))

    assert draw((30, 30), paint)[..., :3].max() == 0


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Mesh([1, 2, 3]), r"vertices needs shape \(n, 2\)"),
        (lambda: Mesh([(0, np.nan)] * 3), "vertices must be finite; row 0"),
        (lambda: Mesh(SQUARE), "4 is not a multiple"),
        (lambda: Mesh(SQUARE, [0, 1, 4]), r"0\.\.3; got 0 to 4"),
        (lambda: Mesh(SQUARE, [0.0, 1.0, 2.0]), "whole numbers.*float64"),
        (lambda: Mesh(SQUARE, [0, 1, 2], colors=[(1, 2, 3)]), r"\(4, 3\)"),
        (lambda: Mesh(SQUARE, [0, 1, 2], texcoords=[(0, 0)]), r"shape \(4, 2\); got \(1, 2\)"),
        (lambda: Mesh(SQUARE, [0, 1, 2], texcoords=[(0, np.inf)] * 4), "texcoords must be finite"),
        (lambda: Mesh(SQUARE, mode="quads"), "got 'quads'"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_mesh_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_a_mesh_with_what_does_not_go_with_it_is_refused(canvas, framebuffer):
    canvas.begin(framebuffer)
    with pytest.raises(ValueError, match="needs texcoords"):
        canvas.mesh(Mesh(SQUARE, [0, 1, 2]), QUARTERS)
    with pytest.raises(ValueError, match="for triangles; this mesh is one of points"):
        canvas.mesh(Mesh(SQUARE, texcoords=CORNERS, mode="points"), QUARTERS)
    canvas.end()
