"""Logs in, compact behaviour out."""
