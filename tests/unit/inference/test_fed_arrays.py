"""What is fed to a model: converted where no number changes, else refused with what is declared."""

import numpy as np
import pytest

from addon.inference.fed_arrays import checked
from addon.inference.graph import TensorInfo


def fed(value, dtype, shape=None):
    sizes = np.shape(value) if shape is None else shape
    dtype = np.dtype(object if dtype is str else dtype)
    return checked("m.onnx", [TensorInfo("x", sizes, dtype)], {"x": value})["x"]


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        (np.array([0, 128, 255], np.uint8), np.float32),
        (np.array([0, 128, 255], np.uint8), np.int64),
        (np.array([2**24, -(2**24)]), np.float32),
        (np.array([1, -1]), np.int8),
        (np.array([2**40]), np.uint64),
        (np.array([1.0, 7.0]), np.int32),
        (np.array([True, False]), np.float16),
        (np.array([0, 1]), np.bool_),
        (np.array([1, 2], ">i4"), np.int32),
        ([1, 2], np.float64),
        (3, np.int64),
        (np.array([1.5], np.float32), np.complex64),
    ],
)
def test_an_array_is_converted_where_every_number_stays(given, dtype):
    made = fed(given, dtype)
    assert made.dtype == dtype
    assert (
        made.astype(np.float64 if np.dtype(dtype).kind != "c" else dtype).tolist()
        == np.asarray(given).tolist()
    )


def test_floats_lose_digits_only_and_keep_infinities_and_nans():
    given = np.array([0.1, np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(fed(given, np.float32), given.astype(np.float32))


@pytest.mark.parametrize(
    ("given", "dtype", "words"),
    [
        (np.array([0.5]), np.uint8, "declared uint8 1; got float64 with values that uint8 does not hold"),
        (np.array([np.nan]), np.int64, "int64 does not hold"),
        (np.array([256]), np.uint8, "uint8 does not hold"),
        (np.array([-1]), np.uint64, "uint64 does not hold"),
        (np.array([2**63], np.uint64), np.int64, "int64 does not hold"),
        (np.array([2**24 + 1]), np.float32, "float32 does not hold"),
        (np.array([2**62 + 1]), np.float64, "float64 does not hold"),
        (np.array([1e300]), np.float32, "float32 does not hold"),
        (np.array([2]), np.bool_, "bool does not hold"),
        (np.array([1j]), np.float32, "float32 does not hold"),
        (np.array(["a"]), np.float32, "got <U1 with values that float32 does not hold"),
        (np.array([1.0]), str, "declared text 1; got float64"),
        (None, np.float32, "got NoneType, which is no array of numbers or text"),
        ([[1], [1, 2]], np.float32, "got list, which is no array"),
    ],
)
def test_what_would_change_is_refused_with_what_was_given_and_what_is_declared(given, dtype, words):
    with pytest.raises(ValueError, match=words) as refused:
        fed(given, dtype, (1,) if not isinstance(given, np.ndarray) else None)
    assert str(refused.value).startswith("m.onnx: its input 'x' is declared ")
    assert "\n" not in str(refused.value)


def test_text_is_text_of_any_kind():
    for given in (["ab", "c"], np.array(["ab", "c"], object), np.array([b"ab", b"c"])):
        assert fed(given, str, (2,)).tolist() == ["ab", "c"]


@pytest.mark.parametrize("shape", [(2, 3), ("batch", 3), (None, None), (-1, 3)])
def test_a_free_size_takes_any(shape):
    assert fed(np.zeros((2, 3), np.float32), np.float32, shape).shape == (2, 3)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 2, 3), r"declared float32 1 × 2 × 3; got float32 of shape \(2, 3\)"),
        (("n", 4), r"declared float32 n × 4; got float32 of shape \(2, 3\)"),
        ((None, 4), r"declared float32 free × 4"),
        ((), r"declared float32 of one number"),
    ],
)
def test_a_shape_that_does_not_fit_is_refused(shape, words):
    with pytest.raises(ValueError, match=words):
        fed(np.zeros((2, 3), np.float32), np.float32, shape)


def test_names_must_be_those_of_the_inputs():
    infos = [TensorInfo(name, (1,), np.dtype(np.float32)) for name in ("image", "size")]
    for given in ({"image": [1.0]}, {"image": [1.0], "size": [1.0], "also": [1.0]}, {}):
        got = ", ".join(given) or "nothing"
        with pytest.raises(ValueError, match=rf"^m.onnx: it takes image, size; got {got}$"):
            checked("m.onnx", infos, given)
