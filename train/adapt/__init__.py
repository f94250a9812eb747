"""Fitting a trained model to viewers."""
