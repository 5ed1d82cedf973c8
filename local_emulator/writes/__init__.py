"""What happens between a decoded request and the store: create, update, patch, apply, delete, scale, and what admission says.

May import ``auth``, ``objects`` and ``core``. Tests: ``tests/emulator/test_objects.py``, ``test_apply.py``, and
``tests/exchanges``.
"""
