"""Predict where people look in a picture."""
