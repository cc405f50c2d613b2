"""The words of all other pages that people see, and of the frame around every page."""

from __future__ import annotations

from ....types import Settings


class FrameWords(Settings):
    """Around every page."""

    skip: str
    """Leads past the head of the page; for the keyboard."""
    pages: str
    """Names the tabs."""
    feed: str
    """The tab of the feed."""
    person: str
    """The tab of all that is known of the person."""
    rounds: str
    """The tab of the engineer's page."""
    sign_out: str
    """Forgets the key."""
    back: str
    """Leads to the feed."""


class WhyWords(Settings):
    """Why an item is on the feed."""

    title: str
    """Names the page."""
    no_claim: str
    """There is no reason that could be proved."""
    no_claim_why: str
    """What that means."""
    of_item: str
    """Proves a claim by a field of the item."""
    of_interest: str
    """Proves one by an interest."""
    of_season: str
    """Proves one by the time of year."""
    met: str
    """A demand that the item meets."""
    not_met: str
    """One that it fails."""
    unsaid: str
    """What it has there: nobody can tell."""
    its: str
    """A value of a field."""
    lacks: str
    """No such field."""
    item: str
    """Over all its fields."""
    found_by: str
    """Over what found it."""
    tag: str
    """With the tag that did."""
    for_interest: str
    """And the interest it was found for."""


class PersonWords(Settings):
    """Everything that is known of a person."""

    open: str
    """Opens their feed."""
    digest: str
    """What was made of their history."""
    standing: str
    """Over demands that outlive a session."""
    no_interests: str
    """There are no interests."""
    turned_down: str
    """Over those that are none."""
    tags: str
    """Over the tags."""
    no_tags: str
    """There are none."""
    slate: str
    """Over what was computed for them."""
    of_item: str
    """Proves a claim by a field of the item."""
    of_interest: str
    """Proves one by an interest."""
    of_season: str
    """Proves one by the time of year."""
    nothing: str
    """Nothing was."""
    digest_title: str
    """Over the digest."""
    compressed: str
    """Opens it."""


class StartWords(Settings):
    """The first page."""

    title: str
    """What all of this is."""
    lead: str
    """What it does."""
    open_mine: str
    """Opens the feed of whoever signed in."""
    whose: str
    """Names the field for a user id."""
    user_id: str
    """Stands in that field where nobody is known."""
    open: str
    """Opens the feed of that user."""
    one_of_these: str
    """Over some people."""
    somebody_new: str
    """One who is none of them."""
    unknown_yet: str
    """What is known of that one."""


class SigningWords(Settings):
    """The page that asks for a key."""

    title: str
    """Names the page, and its button."""
    wrong: str
    """The key was none."""
    key: str
    """Names the field."""
    about: str
    """Where a key is from, and where it goes."""


class ProblemWords(Settings):
    """The page that says why something was not done."""

    title: str
    """Names the page."""
    told: str
    """What is wrong, and how to mend it."""
    go_on: str
    """Leads on."""
