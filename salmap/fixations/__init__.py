"""Where people looked: reading, checking, scoring."""
