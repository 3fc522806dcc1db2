"""Files that people drop in place of an ONNX file, told by how they begin. None of them is ever opened."""

_TORCH = "PyTorch writes (.pt, .pth); export it with torch.onnx.export, and open none of a stranger's"
_KINDS: tuple[tuple[int, bytes, str], ...] = (
    (
        0,
        b"version https://git-lfs",
        "a pointer of Git LFS: the model itself was not downloaded; get it with git lfs pull",
    ),
    (0, b"PK\x03\x04", f"a zip archive, as {_TORCH}"),
    (0, b"\x80\x02", f"a pickle, as {_TORCH}"),
    (0, b"\x89HDF\r\n", "HDF5, as Keras writes (.h5); convert it with tf2onnx"),
    (4, b"TFL3", "a TensorFlow Lite model; convert it with tf2onnx"),
    (4, b"ORTM", "one in ONNX Runtime's own format (.ort); export plain ONNX"),
    (8, b'{"', "safetensors: weights without their network; export it with torch.onnx.export"),
)
"""Where each has its mark, the mark, and what to say."""


def other_format(data: bytes) -> str:
    """What a file is that is no ONNX file, and what to do; empty if nobody knows.

    Args:
        data: Its bytes.
    """
    said = next((said for at, mark, said in _KINDS if data[at : at + len(mark)] == mark), "")
    return said and f"it is no ONNX file but {said}"
