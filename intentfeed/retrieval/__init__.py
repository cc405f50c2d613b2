"""Find it: users, items and tags in one space, with one index."""
