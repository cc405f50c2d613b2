"""How well does a feed do what it is told? Slots, sessions, baselines, and the table of them all (RecBot, 9 and 10)."""
