"""Texts without the values of objects.

The API server, admission policies and webhooks say what is wrong with an object by repeating parts of it. What krofn stores in a condition,
sends as an Event, logs or relays keeps the sentence and loses the values: :func:`mask`.
"""

from __future__ import annotations

from graphcore.masking.mask import MASK, WITHHELD, mask
from graphcore.masking.values import Budget

__all__ = ["MASK", "WITHHELD", "Budget", "mask"]
