"""One baseline, one file."""
