"""Training runs as processes, for the app."""
