"""Keep the ink of a sketch on disk while it is drawn: format, lock, writer, keeper."""
