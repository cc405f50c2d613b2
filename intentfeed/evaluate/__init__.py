"""The referee: splits, metrics, baselines, one table."""
