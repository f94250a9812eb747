"""What the words and numbers of a report mean, in a sentence or two each."""

from __future__ import annotations

from salmap.analysis.certainty import LEVEL, VIEWERS

MEANINGS = (
    (
        "Share of attention",
        "How much of all attention falls into an area. Attention is shared out over the picture "
        "and adds up to 100 %, over all viewers: it is a prediction for a group that views the "
        "picture freely for about three seconds, not for one person and not for a task.",
    ),
    (
        "Interval",
        f"The share that {VIEWERS} real viewers would give the area falls in it about {LEVEL:.0%} "
        "of the time, as measured on test photos that the model was not trained on. On web pages, "
        "posters and drawings, shares can be further off.",
    ),
    (
        "Times the average",
        "Attention per area: 2.0 means twice what the area would get if attention were the same "
        "everywhere.",
    ),
    (
        "Seen by",
        "How many of a hundred people are expected to fixate an area at least once within the "
        "first seconds. On test photos these figures were about right, and a little too high "
        "where nearly everybody sees an area.",
    ),
    (
        "Half of attention on",
        "The smallest part of the picture that holds half of all attention. The smaller, the more "
        "clearly something stands out.",
    ),
    (
        "Colors",
        "Brighter means viewed more. Colors from the upper half of the scale mark where people "
        "spend half their attention, in every picture alike.",
    ),
)
DIFFERENCE_MEANING = (
    "Difference",
    "In percentage points, with an interval that is on the safe side: it treats the model's errors "
    "on two versions as if they had nothing to do with each other. A difference is clear if its "
    "interval leaves out zero.",
)
