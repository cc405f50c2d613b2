"""What a person tells the feed, in words: read into demands, kept as memory, planned into tool calls (RecBot).

    command, slate on screen, memory ─► parser ─► delta ─► memory ─► planner ─► plan ─► tools ─► next slate, diff

Hard demands (`Constraint`) are decided by a rule on item fields; soft ones (`Preference`) need a judgement of sense.
"""
