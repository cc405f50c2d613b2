"""A scripted endpoint, a process of its own, for tests and trials: it answers from the prompt, and misbehaves on purpose."""
