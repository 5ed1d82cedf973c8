"""Static types: declarations and overloads, types from schemas, inference, unification, and whether a result fits a field.

May import ``runtime``, ``syntax`` and the vocabulary. Tests: ``test_checker.py``, ``test_declared.py``, ``test_compatibility.py`` in
``tests/unit/cel``, and ``tests/conformance/test_checker.py``.
"""
