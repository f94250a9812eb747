"""Encoder weights from other packages, rewritten as safetensors in timm's names."""
