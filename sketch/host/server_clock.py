"""The time at which a device event happened, from the stamp that the X server gave it."""

# The server and the loop drift apart by less than this in any show; more means that one of them was set anew.
JUMP = 1.0


class ServerClock:
    """Turns a server's milliseconds into seconds on the loop's clock.

    An event is seen some time after it happened. The one seen with the least delay so far tells how far apart
    the clocks are; all others are placed by it, so that samples taken 1 ms apart stay 1 ms apart however late
    the program took them.
    """

    def __init__(self) -> None:
        self._apart: float | None = None

    def seconds(self, stamp_ms: int, now: float) -> float:
        """Place an event.

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
