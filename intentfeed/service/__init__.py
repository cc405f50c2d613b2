"""What a browser sees of a workspace."""
