"""What a host says when there is nothing to draw on."""


class HostError(Exception):
    """There is no display, no OpenGL, or a driver too old; the message is one line and says what to do."""


NO_DISPLAY = (
    "no display was found, so no window can open: run with --headless (or headless=True), "
    "or start a display first (on a server: xvfb-run -a COMMAND)"
)

NO_OPENGL = (
    "OpenGL 3.3 is not available here ({why}): install a graphics driver "
    "(Debian and Ubuntu, also without a GPU: apt-get install libgl1 libegl1 libgl1-mesa-dri libfontconfig1)"
)
