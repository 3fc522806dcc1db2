"""Where `addon.inference` was, for sketches that import from here."""
