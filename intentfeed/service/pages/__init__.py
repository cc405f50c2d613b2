"""The pages: a feed that one can talk to, whose feed it may be, what is known of them, and what happened inside."""

from __future__ import annotations

from fastapi import FastAPI

from . import doing, feed, people, rounds, signing, static

__all__ = ["attach"]


def attach(app: FastAPI) -> None:
    """Add all pages to the application."""
    for part in (feed, doing, people, rounds, signing, static):
        app.include_router(part.router, include_in_schema=False)
