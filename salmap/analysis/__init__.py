"""The numbers that people read of a prediction."""
