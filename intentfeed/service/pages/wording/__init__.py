"""All words of the pages as data, one file a language: a page speaks the language of its catalogue. [ours]

The engineer's page stays English, like what it shows: plans, scores, fields and timings by the names they have in code.
"""

from .language import Wording, wording_in

__all__ = ["Wording", "wording_in"]
