"""Who asks, and what they may.

May import ``objects`` and ``core``. Tests: ``tests/emulator/test_access.py``.
"""
