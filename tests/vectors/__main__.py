"""Make the test vectors: `python -m tests.vectors`."""

from tests.vectors import FOLDER, MAKERS, text_of, vectors

for name in MAKERS:
    path = FOLDER / f"{name}.json"
    path.write_text(text_of(vectors(name)), encoding="utf-8")
    print(f"{path.name}: {path.stat().st_size:,} bytes")
