"""The time of a device event, from the stamp of the X server."""

# The two clocks drift apart by less than this during a run; a larger difference means that one was reset.
JUMP = 1.0


class ServerClock:
    """Turns a server's milliseconds into seconds on the loop's clock.

    An event is seen some time after it happened. The event with the least delay so far gives the difference
    of the clocks; all others are placed by it, so that samples taken 1 ms apart stay 1 ms apart however late
    the program reads them.
    """

    def __init__(self) -> None:
        self._apart: float | None = None

    def seconds(self, stamp_ms: int, now: float) -> float:
        """Convert the stamp of an event.

        Args:
            stamp_ms: The server's stamp in milliseconds.
            now: Seconds on the loop's clock at which the event was seen.

        Returns:
            Seconds on the loop's clock at which it happened, never later than `now`.
        """
        apart = now - stamp_ms / 1000
        if self._apart is None or apart < self._apart or apart - self._apart > JUMP:
            self._apart = apart
        return stamp_ms / 1000 + self._apart
