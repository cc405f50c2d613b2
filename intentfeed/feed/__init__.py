"""The request path: gather, filter, rank, cut a slate."""
