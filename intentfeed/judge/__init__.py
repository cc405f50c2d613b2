"""How good was it? Criteria as data, and a judge that applies one of them at a time."""
