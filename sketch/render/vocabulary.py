"""The words an author draws with."""

from abc import ABC

from sketch.render.imagery import Imagery
from sketch.render.stroke_vocabulary import StrokeVocabulary


class Vocabulary(StrokeVocabulary, Imagery, ABC):
    """The drawing calls of a canvas; whoever inherits owns the frame and the resources they name."""
