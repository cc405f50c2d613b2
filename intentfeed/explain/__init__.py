"""Say why, and check that it is true."""
