"""The ink of a sketch that asks for it, kept on the disk while it is drawn: format, lock, writer, keeper."""
