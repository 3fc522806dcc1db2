"""Other methods for the same task, measured in the same run; nothing else in Inkloop needs this folder."""
