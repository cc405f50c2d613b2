"""The only door to a language model: typed answers, priced, logged, replayable."""
