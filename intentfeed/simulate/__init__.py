"""A world where the answer is known: a shop, its people, three years of what they did, and why they did it.

    words (vocabulary/*.toml) → shop, brands, titles → catalogue        what is on sale
    language → english, chinese                                         how a shop of that language writes all this
    shelves → people → interests                                        who cares about what
    causes, errands → visits → picks, events                            who comes when, why, and sees what
    world → events, items, users, context | truth/                      the log, and apart from it the truth

The causes of an event are interest, life_event (an interest that a baby, a pet or a move brought), gift, necessity,
seasonal, trend, burst (an errand of days) and noise; only the first two are interests. Evaluation may read `truth/`;
nothing that makes recommendations imports this folder.
"""
