"""What to do next for one instance. ``instance`` is the whole of it; every other module is one step, or one rule.

May import ``safety`` and what stands beside it in ``graphcore.converge``, never ``definition``. Tests: ``tests/unit/converge``.
"""
