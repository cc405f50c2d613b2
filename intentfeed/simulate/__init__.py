"""A world where the answer is known."""
