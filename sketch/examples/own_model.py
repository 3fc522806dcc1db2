"""Your own stroke model: trained with plain PyTorch, described in ten lines, and swapped in while you draw.

    python own_model.py train pendigits.npz mine     # writes mine/digits.onnx and mine/digits.toml
    inkloop run own_model.py                         # draw a digit; train again, and it is swapped in

`train` knows nothing of Inkloop: it takes inks as arrays and makes its own rows of dx, dy and pen up.
"""

# pyright: basic

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

import sketch
from addon import Recognizer

POINTS = 64
DESCRIPTION = f"""[input]
is = "ink"
columns = [{{is = "dx", factor = 20}}, {{is = "dy", factor = 20}}, "pen up"]
points = {POINTS}
scale = "larger side"

[output]
is = "classes"
labels = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
"""


def rows(points: np.ndarray, stroke_ids: np.ndarray) -> np.ndarray:
    """A person's own preparation: dx, dy and pen up at 64 points along the ink, shape (64, 3)."""
    x, y = points[:, 0].astype(float), points[:, 1].astype(float)
    along = np.append(0.0, np.cumsum(np.hypot(np.diff(x), np.diff(y))))
    at = np.linspace(0.0, along[-1] or 1.0, POINTS)
    x, y = np.interp(at, along, x), np.interp(at, along, y)
    size = max(np.ptp(x), np.ptp(y), 1e-6)
    up = np.zeros(POINTS)
    ends = np.append(np.flatnonzero(np.diff(stroke_ids)), len(along) - 1)
    up[np.minimum(np.searchsorted(at, along[ends]), POINTS - 1)] = 1.0
    deltas = np.diff(np.stack([x, y]), axis=1, prepend=[[x[0]], [y[0]]]) / size * 20
    return np.stack([*deltas, up], axis=1).astype(np.float32)


def train(data: str | Path, folder: str | Path, inks: int = 2400, epochs: int = 5) -> None:
    """Train a GRU on a file in the layout of pendigits.npz, and export it with its description."""
    import torch  # takes seconds, and the sketch does not need it

    file = np.load(data)
    ends = file["offsets"][: inks + 1]
    cut = [slice(begin, end) for begin, end in pairwise(ends.tolist())]
    x = torch.tensor(np.stack([rows(file["points"][each], file["stroke_ids"][each]) for each in cut]))
    y = torch.tensor(file["labels"][: len(cut)].astype(int))

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru = torch.nn.GRU(3, 32, batch_first=True)
            self.head = torch.nn.Linear(32, 10)

        def forward(self, strokes: torch.Tensor) -> torch.Tensor:
            return self.head(self.gru(strokes)[0][:, -1])

    torch.manual_seed(0)
    net = Net()
    optimizer = torch.optim.AdamW(net.parameters(), 8e-3)
    for epoch in range(epochs):
        for batch in torch.randperm(len(x)).split(96):
            loss = torch.nn.functional.cross_entropy(net(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch + 1} of {epochs}: loss {loss.item():.3f}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "digits.toml").write_text(DESCRIPTION)
    out = folder / "digits.onnx"
    net.eval()
    torch.onnx.export(net, (x[:1],), out, input_names=["strokes"], output_names=["scores"], dynamo=False)


class OwnModel(sketch.Sketch):
    """Shows what your model takes the ink for."""

    window = sketch.Window(title="your own model", size=(960, 540))
    model = Path("mine/digits.onnx")

    def setup(self) -> None:
        """Attach your model."""
        # Whatever is exported into the folder again is swapped in between two frames.
        self.digits = self.use(Recognizer(self.model, watch=Path(self.model).parent, crossfade=0.3))

    def draw(self, canvas: sketch.Canvas) -> None:
        """The ink, what it is taken for, and how likely each class is."""
        canvas.background("#101216")
        answer = self.digits.prediction
        canvas.color("#6b4ad8")
        canvas.text(answer.held, 690, 420, size=360, align="center", alpha=answer.opacity)
        canvas.color("#f2efe6")
        canvas.ink(self.ink)
        shares = answer.probabilities.tolist()
        for x, label, share in zip(range(40, 960, 34), answer.labels, shares, strict=False):
            canvas.rect(x, 500 - 90 * share, 26, 90 * share + 1)
            canvas.text(label, x + 13, 526, size=16, align="center")

    def on_ink(self, strokes: sketch.Strokes, pointer_id: int) -> None:
        """Make room for the next sign."""
        self.ink.clear()


if __name__ == "__main__":
    if sys.argv[1:2] == ["train"]:
        train(sys.argv[2], sys.argv[3])
    else:
        sketch.run(OwnModel)
