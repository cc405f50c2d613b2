"""How somebody types to a feed: fixed for a session, drawn by lot (RecBot, 7.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from ..types import Settings

Verbosity = Literal["terse", "normal", "chatty"]
VERBOSITIES: tuple[Verbosity, ...] = ("terse", "normal", "chatty")
Habit = Literal["wants", "complains"]


class PersonaConfig(Settings):
    """How people differ."""

    complainers: float = Field(default=0.7, ge=0, le=1)
    """Share of people who complain about what is wrong; the others state what they want."""
    complain: float = Field(default=0.9, ge=0, le=1)
    """How often a complainer complains where there is something to complain about: with the others, seven commands in
    ten come out so."""
    complain_anyhow: float = Field(default=0.3, ge=0, le=1)
    """How often somebody else does."""
    patience: tuple[int, ...] = (3, 5)
    """Rounds after which people give up, each as likely."""
    vague: float = Field(default=0.4, ge=0, le=1)
    """Share of people who say "cheaper" rather than a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """One person's ways."""

    verbosity: Verbosity
    habit: Habit
    complain: float
    """How often a demand is put as a complaint."""
    patience: int
    """Commands after which they give up."""
    vague: bool


def draw_persona(rng: np.random.Generator, config: PersonaConfig) -> Persona:
    """Return a persona; each trait is drawn by itself."""
    complains = bool(rng.random() < config.complainers)
    return Persona(
        verbosity=VERBOSITIES[int(rng.integers(len(VERBOSITIES)))],
        habit="complains" if complains else "wants",
        complain=config.complain if complains else config.complain_anyhow,
        patience=config.patience[int(rng.integers(len(config.patience)))],
        vague=bool(rng.random() < config.vague),
    )
