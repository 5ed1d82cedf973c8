"""The three patch formats of the Kubernetes API, as pure functions on decoded JSON.

``json_patch`` (RFC 6902), ``merge_patch`` (RFC 7386) and ``strategic`` (Kubernetes' own, for built-in kinds). None changes its
arguments; results may share parts with them.
"""

from __future__ import annotations
