"""What a training step sees: pictures, views of them, batches, cached features."""
