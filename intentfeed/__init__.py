"""intentfeed: from behaviour logs to named interests, items, and reasons that can be checked."""

__version__ = "0.1.0"
