"""One baseline, one file, the same contract as ours: see evaluate/recommender.py."""
