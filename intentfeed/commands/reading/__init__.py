"""The steps by which a command is read without a model: tokens, cues, values, numbers, clauses, the slate.

text ─► tokens ─► marks (cue | value | quantity | place on the slate | free words) ─► clauses ─► demands
"""
