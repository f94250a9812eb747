"""Where people looked: reading fixations and scoring predictions on them."""
