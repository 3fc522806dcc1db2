"""Pictures to a model's input and back, checked against pictures whose pixels are known."""

from dataclasses import replace

import numpy as np
import pytest

from addon.errors import ModelError
from addon.model.adaptor import Adaptor, ImageInput, Output
from addon.model.image_arrays import as_input, as_picture, as_type, crops, for_type, from_input, picture_size

CHANCE = np.random.default_rng(5)
PHOTO = CHANCE.integers(0, 256, (40, 60, 3), dtype=np.uint8)
FREE = ("n", 3, "h", "w")


def adaptor(**changes):
    return Adaptor(replace(ImageInput(), **changes))


def test_a_picture_in_its_own_size_is_fed_as_it_is():
    fed = as_input(PHOTO, adaptor(resize="keep"), FREE)
    assert fed.dtype == np.float32
    assert fed.shape == (1, 3, 40, 60)
    np.testing.assert_allclose(fed[0].transpose(1, 2, 0), PHOTO / 255, atol=1e-6)


def test_mean_and_scale_are_in_the_order_of_the_models_channels():
    wants = adaptor(
        resize="keep", color="BGR", span=(0.0, 255.0), mean=(1.0, 2.0, 3.0), scale=(1.0, 0.5, 2.0)
    )
    fed = as_input(PHOTO, wants, FREE)[0]
    np.testing.assert_allclose(fed[0], PHOTO[:, :, 2] - 1.0)
    np.testing.assert_allclose(fed[1], (PHOTO[:, :, 1] - 2.0) / 2)
    np.testing.assert_allclose(fed[2], (PHOTO[:, :, 0] - 3.0) * 2)


@pytest.mark.parametrize(
    ("layout", "shape", "fed"),
    [
        ("NHWC", (None, 8, 6, 3), (1, 8, 6, 3)),
        ("CHW", (3, 8, 6), (3, 8, 6)),
        ("HWC", (8, 6, 3), (8, 6, 3)),
        ("NCHW", (1, 3, 8, 6), (1, 3, 8, 6)),
    ],
)
def test_the_layout_orders_the_axes(layout, shape, fed):
    assert as_input(PHOTO, adaptor(layout=layout), shape).shape == fed


def test_alpha_is_left_out():
    with_alpha = np.dstack([PHOTO, np.zeros((40, 60), np.uint8)])
    same = adaptor(resize="keep")
    np.testing.assert_array_equal(as_input(with_alpha, same, FREE), as_input(PHOTO, same, FREE))


def test_gray_is_the_eyes_mean():
    red = np.zeros((4, 4, 3), np.uint8)
    red[:, :, 0] = 255
    fed = as_input(red, adaptor(color="gray", resize="keep"), (1, 1, None, None))
    np.testing.assert_allclose(fed, 0.299, atol=1e-6)


def test_an_area_filter_averages_what_a_pixel_covers():
    fed = as_input(PHOTO, adaptor(resize="stretch", filter="area"), (1, 3, 20, 30))[0].transpose(1, 2, 0)
    mean = PHOTO.reshape(20, 2, 30, 2, 3).mean(axis=(1, 3)) / 255
    # Pillow rounds after the rows and again after the columns.
    np.testing.assert_allclose(fed, mean, atol=1.01 / 255)


def test_a_crop_is_the_middle_in_the_models_proportions():
    fed = as_input(PHOTO, adaptor(), (1, 3, 40, 40))[0].transpose(1, 2, 0)
    np.testing.assert_allclose(fed, PHOTO[:, 10:50] / 255, atol=1e-6)


def test_a_picture_that_is_fitted_is_whole_within_its_margin():
    fed = as_input(PHOTO, adaptor(resize="fit", margin=255), (1, 3, 60, 60))[0].transpose(1, 2, 0)
    np.testing.assert_allclose(fed[10:50], PHOTO / 255, atol=1e-6)
    assert (fed[:10] == 1).all()
    assert (fed[50:] == 1).all()


def test_ten_crops_are_the_corners_and_the_middle_and_their_mirrors():
    fed = as_input(PHOTO, adaptor(resize="ten", share=0.5), (None, 3, 20, 20)).transpose(0, 2, 3, 1)
    assert len(fed) == 10
    np.testing.assert_allclose(fed[0], PHOTO[:20, :20] / 255, atol=1e-6)
    np.testing.assert_allclose(fed[3], PHOTO[20:, 40:] / 255, atol=1e-6)
    np.testing.assert_allclose(fed[4], PHOTO[10:30, 20:40] / 255, atol=1e-6)
    np.testing.assert_array_equal(fed[5:], fed[:5, :, ::-1])


def test_a_place_in_a_crop_is_found_again_in_the_picture():
    wants = ImageInput(resize="ten", share=0.5)
    mirrored = crops(wants, (40, 60), (20, 20))[5]
    assert mirrored.out_of(0.0, 0.0) == (20.0, 0.0)
    assert mirrored.out_of(1.0, 1.0) == (0.0, 20.0)
    assert crops(ImageInput(resize="fit"), (40, 60), (60, 60))[0].out_of(0.5, 0.0) == (30.0, -10.0)


def test_free_sides_are_rounded_to_the_multiple_and_kept_within_the_longest():
    wants = ImageInput(resize="keep", multiple=32, longest=320)
    assert picture_size(wants, FREE, (480, 640)) == (256, 320)
    assert picture_size(wants, FREE, (10, 10)) == (32, 32)


def test_what_the_graph_fixes_wins_over_the_description():
    assert picture_size(ImageInput(size=(9, 9)), (1, 3, 8, 6), (40, 60)) == (8, 6)
    assert picture_size(ImageInput(size=(9, 7)), FREE, (40, 60)) == (9, 7)


@pytest.mark.parametrize(
    ("wants", "shape", "said"),
    [
        (ImageInput(), (1, 10), "layout NCHW has 4 axes; the input has"),
        (ImageInput(), (1, 8, 8, 3), "color RGB has 3 channels in axis 1 of layout NCHW; the input has"),
        (ImageInput(), FREE, "leaves the picture's size open; set it"),
        (ImageInput(), (1, 3, 100000, 8), "at most 8192 pixels"),
    ],
)
def test_a_shape_that_is_no_pictures_is_refused(wants, shape, said):
    with pytest.raises(ModelError, match=said):
        as_input(PHOTO, Adaptor(wants), shape)


def test_several_crops_need_a_batch():
    with pytest.raises(ModelError, match="10 crops need a batch; the layout CHW has none"):
        as_input(PHOTO, adaptor(resize="ten", layout="CHW"), (3, 8, 8))


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)]
)
def test_what_is_no_picture_is_refused(wrong):
    with pytest.raises(ValueError, match="a picture is a uint8 array"):
        as_input(wrong, adaptor(), (1, 3, 8, 8))


def test_a_picture_comes_back_from_what_a_model_was_fed():
    wants = adaptor(resize="keep", color="BGR", span=(-1.0, 1.0), mean=(0.1, 0.2, 0.3), scale=(3.0, 4.0, 5.0))
    np.testing.assert_array_equal(from_input(as_input(PHOTO, wants, FREE), wants.input), PHOTO)


def test_a_picture_that_a_model_made_is_drawn_in_its_range():
    made = np.array([[[[-1.0, 0.0, 1.0, np.nan, 9.0]]]])
    shown = as_picture(made, Output(kind="picture", span=(-1.0, 1.0)))
    assert shown.shape == (1, 5, 3)
    assert shown[0, :, 0].tolist() == [0, 128, 255, 0, 255]


def test_a_picture_of_five_channels_is_refused():
    with pytest.raises(ModelError, match="1 or 3 channels; the output has 5"):
        as_picture(np.zeros((1, 5, 4, 4)), Output())


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16", "uint32", "int32", "uint64", "int64"])
def test_whole_numbers_are_fed_0_to_255(kind):
    wants = for_type(ImageInput(), "x", np.dtype(kind))
    assert wants.span == (0.0, 255.0)
    values = np.array([0, 0.4, 127.6, 255], np.float32)
    assert as_type(values, np.dtype(kind)).tolist() == [0, 0, 128, 255]


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "bool"])
def test_floats_and_booleans_are_fed_0_to_1(kind):
    assert for_type(ImageInput(), "x", np.dtype(kind)).span == (0.0, 1.0)
    fed = as_type(np.array([0.0, 0.4, 1.0], np.float32), np.dtype(kind))
    assert fed.dtype == kind
    assert fed.tolist() == ([False, False, True] if kind == "bool" else pytest.approx([0, 0.4, 1], abs=1e-3))


@pytest.mark.parametrize(
    ("kind", "said", "why"),
    [
        ("int8", {}, r"'x' is int8, which holds -128..127.*0..255.*range = \[-128, 127\]"),
        (
            "int8",
            {"span": (0.0, 255.0)},
            "input 'x' 0..255, and that is int8, which holds -128..127",
        ),
        ("uint8", {"span": (-128.0, 127.0)}, "-128..127, and that is uint8, which holds 0..255"),
        ("uint8", {"mean": (0.5, 0.5, 0.5), "scale": (4.0, 4.0, 4.0)}, "-2..1018, and that is uint8"),
        ("uint8", {"span": (0.0, 1.0)}, "0..1, and uint8 holds only whole numbers"),
        ("int64", {"span": (-1.0, 1.0)}, "-1..1, and int64 holds only whole numbers"),
        ("float16", {"span": (0.0, 1e6)}, r"0..1e\+06, and that is float16, which holds -65504..65504"),
        ("bool", {"span": (0.0, 255.0)}, "0..255, and that is bool, which holds 0..1"),
        ("object", {}, "is of type object; a picture needs numbers"),
        ("complex64", {}, "is of type complex64"),
    ],
)
def test_what_a_type_does_not_hold_is_refused_by_name(kind, said, why):
    with pytest.raises(ModelError, match=why):
        for_type(ImageInput(**said), "x", np.dtype(kind))


def test_signed_bytes_that_a_description_speaks_of_are_fed_so():
    dtype = np.dtype(np.int8)
    assert for_type(ImageInput(span=(-128.0, 127.0)), "x", dtype).span == (-128.0, 127.0)
    assert for_type(ImageInput(mean=(128.0,)), "x", dtype).span == (0.0, 255.0)
