"""Values and what is done with them: equality and order, access, arithmetic, time, the budget, views of objects, results as JSON.

May import ``syntax`` and the vocabulary. Tests: ``test_values.py``, ``test_views.py``, ``test_conversion.py``, ``test_budget.py`` in
``tests/unit/cel``.
"""
