"""Everything in one process and on no port, and how a broker delivers; for tests only, so nothing of the product imports it.

May import every room. Tests: ``tests/emulator/test_broker.py`` and all that end in ``_in_process.py``.
"""
