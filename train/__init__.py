"""Makes the weights that `salmap` loads. Imports `salmap`; nothing in `salmap` imports it."""
