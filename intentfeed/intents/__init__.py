"""What might they want now: from interests to item tags."""
