"""One metric, one file."""
