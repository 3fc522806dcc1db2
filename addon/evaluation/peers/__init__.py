"""What others offer for the same task, asked in the same run; nothing of Inkloop needs this room."""
