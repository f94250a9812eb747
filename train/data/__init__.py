"""What a training step gets: pictures, crops of them, batches, cached features."""
