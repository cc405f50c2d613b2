"""What else could answer commands: one family a file, all behind `simulate.sessions.Loop`."""
