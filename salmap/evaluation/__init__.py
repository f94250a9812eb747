"""Scores of models on whole data sets."""
