"""Request bodies in protobuf, which kubectl's ``create``, ``auth can-i`` and every Go client with typed clients send.

Answers are always JSON: such clients accept both. Field numbers of the messages come from the committed table that ``generate`` makes.
"""

from __future__ import annotations
