"""Recognise files of other formats by their first bytes. None of them is ever opened."""

_TORCH = "PyTorch writes (.pt, .pth); export it with torch.onnx.export, and never open an untrusted one"
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
    (8, b'{"', "safetensors: weights without a network; export it with torch.onnx.export"),
)
"""Position of each format's magic bytes, the bytes, and the message."""


def other_format(data: bytes) -> str:
    """The format of a file that is not ONNX, and what to do; empty if unknown.

    Args:
        data: Its bytes.
    """
    message = next((message for at, mark, message in _KINDS if data[at : at + len(mark)] == mark), "")
    return message and f"it is not an ONNX file but {message}"
