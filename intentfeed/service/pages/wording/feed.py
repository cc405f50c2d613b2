"""The words of the feed page: around the box, on the chips and cards, beside them, and those that its script says."""

from __future__ import annotations

from ....types import Settings


class FeedWords(Settings):
    """The page itself."""

    title: str
    """Its name, where nobody is known by name."""
    title_of: str
    """Its name with whose it is."""
    feed_of: str
    """Before the choice of people."""
    somebody_new: str
    """The choice that is no person."""
    switch: str
    """Goes to the chosen person."""
    tell: str
    """Names the box in which one speaks."""
    question: str
    """Names its field."""
    tell_like: str
    """Stands in the empty field."""
    tell_anything: str
    """Stands there where no example is known."""
    send: str
    """Sends what was typed."""
    heard: str
    """The first stage of obeying."""
    filtered: str
    """The second."""
    ranked: str
    """The third."""
    try_saying: str
    """Before examples."""
    ended: str
    """Nothing more can be said here."""
    open_another: str
    """Leads to where one can."""
    holds: str
    """Over the chips."""
    undo: str
    """Takes the last change back; what that is follows."""
    undo_words: str
    """The same in one text."""
    unknown: str
    """To somebody of whom nothing is known."""
    items: str
    """Names the slate."""
    nothing_left: str
    """Over an empty slate."""
    no_item: str
    """Why it is empty, where nothing better is known."""
    or_remove: str
    """What else can be done about it."""


class ChipWords(Settings):
    """One demand, opened."""

    new: str
    """Heard before one that came in the last round."""
    said_in_round: str
    """Before the words that made it."""
    said_earlier: str
    """The same in a session before this one."""
    about: str
    """What of an item it is about."""
    never_broken: str
    """Of what is ruled out."""
    must_hold: str
    """Of what must be."""
    leaning: str
    """Of a preference."""
    until: str
    """The day on which it ends."""
    holds: str
    """Over the choice of how long."""
    remove: str
    """Takes it off."""
    remove_this: str
    """The same, as it is heard."""


class ChangeWords(Settings):
    """What the last round did."""

    no_longer: str
    """Before demands that were taken back."""
    eased: str
    """Before what gave way since too little met it."""
    not_taken_up: str
    """Before words that nothing was made of."""
    by_model: str
    """Who understood the command, where no parser of ours did."""
    diff: str
    """Opens the list of items."""
    left: str
    """Over those that are gone."""
    came: str
    """Over those that are new."""
    moved: str
    """Over those in another place."""


class CardWords(Settings):
    """One item."""

    number: str
    """Heard before its place."""
    new: str
    """It came in the last round."""
    back: str
    """It came again."""
    up: str
    """It rose."""
    down: str
    """It fell."""
    no_price: str
    """The catalogue has prices, but none of this."""
    asked_for: str
    """Names the list of demands that it meets or fails."""
    meets: str
    """Heard before one that it meets."""
    fails: str
    """Heard before one that it fails."""
    unwanted: str
    """A demand for what is unwanted."""
    more: str
    """Demands beyond those that fit."""
    why: str
    """Opens the reason."""
    like: str
    """It is liked."""
    not_for_me: str
    """It is turned away."""
    bought: str
    """It was bought."""


class AsideWords(Settings):
    """What is known of the person, and what was said; also the page of interests."""

    about: str
    """Names all of it."""
    interests: str
    """Over the interests."""
    from_what_you_did: str
    """Where they are from."""
    more: str
    """Opens those that do not fit."""
    no_interests: str
    """There are none."""
    turns: str
    """Over what was said."""
    no_turns: str
    """Nothing was."""
    since: str
    """The day of an interest's first evidence."""
    from_events: str
    """What shows an interest, where the run has told it in another language."""
    title: str
    """Names the page of interests."""


class ScriptWords(Settings):
    """What the script of the feed page says while it is at work."""

    quotes: str
    """Between the words of two demands."""
    heard_words: str
    """The first stage, done: the words that became demands."""
    filtered_to: str
    """The second, done: how many items are left."""
    ranked_n: str
    """The third, done."""
    listening: str
    """Heard when a command is sent."""
    no_feed: str
    """The answer cannot be shown."""
    answered: str
    """The service says nothing but a status."""
    told: str
    """A refusal of the service."""
    reload: str
    """What to do about any problem."""
    gone: str
    """A reason that is no longer there."""
