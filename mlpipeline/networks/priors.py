"""What is believed of a bot before its own rows say so: from public data, by how many rows an intent has.

A handful of rows fits no temperature and no threshold: from none a temperature of 1 would come and a bot that answers
nothing, from a few right ones a bot that answers everything. The numbers are what MASSIVE (ko, en) and CLINC150 give
with so many rows of each intent, judged on thousands of others; at 33 rows, on MASSIVE of five languages:

    python -m tests.bench.few_rows --data DIR
"""

from __future__ import annotations

import numpy as np

TEMPERATURE = 0.65  # 0.51 to 0.76 in all twelve draws, whatever the rows
# Rows of an intent, and the score above which 95 % of the right answers lie.
_ROWS = (1.0, 2.0, 4.0, 8.0, 33.0)
_THRESHOLDS = (0.068, 0.107, 0.148, 0.202, 0.24)
_WEIGHT = 20.0  # rows that a prior counts as


def prior_threshold(rows_per_intent: float, intents: int) -> float:
    """The score from which a bot with so many rows of an intent answers, where nothing more is known of it.

    It is never below what a bot of so few intents scores that takes all of them for equally likely.
    """
    learnt = float(np.interp(np.log(max(rows_per_intent, 1.0)), np.log(_ROWS), _THRESHOLDS))
    return max(learnt, 1.0 / max(intents, 2))


def shrunk(own: float, prior: float, rows: int) -> float:
    """The bot's own number drawn to the prior, less so the more rows it comes from: both are above 0, means of logs."""
    share = rows / (rows + _WEIGHT)
    return round(float(np.exp(share * np.log(max(own, 1e-3)) + (1.0 - share) * np.log(prior))), 6)
