"""The gallery: films of the examples, made without a display, and a contact sheet with a still of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from sketch.arrays import Pixels
from sketch.host.recorder import Recorder
from sketch.launch import run
from sketch.live.parameters_document import document_text
from sketch.load import load_sketch

EXAMPLES = Path(__file__).parent / "examples"
SIZE = (1280, 720)
FPS = 60
FILM_FPS = 30

# The sheet, in pixels.
COLUMNS = 3
CELL = (416, 234)
GAP = 22
CAPTION = 30
GROUND = (14, 15, 18)
WRITING = (168, 166, 160)

Picture = Pixels


@dataclass(frozen=True)
class Piece:
    """A sketch of the gallery.

    Attributes:
        name: Its file in `sketch/examples`, without the ending.
        seconds: How long its film is.
        still: Second of it that is on the sheet.
    """

    name: str
    seconds: float
    still: float


PIECES = (
    Piece("silk", 8.0, 3.3),
    Piece("letters_of_light", 7.0, 5.2),
    Piece("currents", 3.0, 2.9),
    Piece("kaleidoscope", 8.0, 4.0),
    Piece("brushes", 3.5, 3.0),
    Piece("tunnel", 8.0, 6.0),
    Piece("grown_type", 5.0, 2.2),
    Piece("sunflower", 6.0, 2.0),
    Piece("newsprint", 6.0, 1.0),
    Piece("dunes", 6.0, 2.0),
    Piece("starlings", 8.0, 7.7),
    Piece("plotter", 14.5, 14.0),
)


def chosen(names: Sequence[str] | None) -> list[Piece]:
    """The pieces by these names, or all.

    Raises:
        ValueError: A name is unknown.
    """
    known = {piece.name: piece for piece in PIECES}
    unknown = sorted(set(names or ()) - known.keys())
    if unknown:
        raise ValueError(f"no piece is called {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in names] if names else list(PIECES)


def perform(piece: Piece, films: Path, say: Callable[[str], None] = lambda _: None) -> Picture:
    """Film a piece.

    Args:
        piece: What to film.
        films: Folder for the film, which is named after the piece.
        say: Takes a line about what is being filmed.

    Returns:
        The still: uint8 of shape (height, width, 3).

    Raises:
        HostError: There is no OpenGL here.
        RecorderError: The film cannot be written.
    """
    say(f"filming {piece.name}: {piece.seconds:.0f} s")
    stills: list[Picture] = []
    frames = round(piece.seconds * FPS)
    wanted = round(piece.still * FPS)
    instance = load_sketch(EXAMPLES / f"{piece.name}.py")()
    with Recorder(
        films / f"{piece.name}.mp4", SIZE, FILM_FPS, document=lambda: document_text(instance)
    ) as film:
        seen = 0

        def see(frame: Picture) -> None:
            nonlocal seen
            if seen % (FPS // FILM_FPS) == 0:
                film.add(frame)
            if seen == wanted:
                stills.append(frame.copy())
            seen += 1

        run(instance, headless=True, frames=frames, viewer=see, size=SIZE, fps=FPS)
    return stills[0]


def contact_sheet(stills: Sequence[tuple[str, Picture]]) -> Image.Image:
    """Lay stills out in rows, each with its name below."""
    rows = -(-len(stills) // COLUMNS)
    step = (CELL[0] + GAP, CELL[1] + CAPTION + GAP // 2)
    sheet = Image.new("RGB", (COLUMNS * step[0] + GAP, rows * step[1] + GAP), GROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for index, (name, still) in enumerate(stills):
        left, top = GAP + index % COLUMNS * step[0], GAP + index // COLUMNS * step[1]
        sheet.paste(Image.fromarray(still).resize(CELL, Image.Resampling.LANCZOS), (left, top))
        pen.text((left + 1, top + CELL[1] + 6), name.replace("_", " "), WRITING, font)
    return sheet
