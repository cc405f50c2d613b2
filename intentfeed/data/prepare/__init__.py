"""Public downloads → folders that `intentfeed eval --data` reads; nothing here fetches anything."""
