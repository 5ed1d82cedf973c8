"""Kinds that do more than others: CustomResourceDefinitions, what a cluster has from the start, and life after a write.

May import ``writes`` and what that may. Tests: ``tests/emulator/test_crds.py``.
"""
