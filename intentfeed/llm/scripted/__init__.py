"""A scripted endpoint, a process of its own: it answers from the prompt, and misbehaves on purpose."""
