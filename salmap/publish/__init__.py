"""To the Hugging Face Hub: a model, or the app as a Space."""
