"""What everything else of the emulator stands on: objects under one global revision, what is served, requests and refusals as values.

Imports nothing else of the emulator. Tests: ``tests/emulator/test_store.py``, ``test_selectors.py``, ``test_persistence.py``.
"""
