"""The time that the canvas spends on giving data to the driver, measured only while somebody looks at it."""


class Uploads:
    """What was uploaded since the last look.

    Attributes:
        watched: Whether uploads are measured.
        seconds: How long they took.
        size: How many bytes they were.
    """

    def __init__(self) -> None:
        self.watched = False
        self.seconds = 0.0
        self.size = 0

    def add(self, seconds: float, size: int) -> None:
        """Count an upload."""
        self.seconds += seconds
        self.size += size

    def take(self) -> tuple[float, int]:
        """Seconds and bytes since the last call."""
        taken = self.seconds, self.size
        self.seconds, self.size = 0.0, 0
        return taken


UPLOADS = Uploads()
"""Those of this process: one loop runs in it."""
