"""What to do next for one definition: compile, revision, CRD, rights, status; and what has to end when it goes.

May import ``safety`` and what stands beside it in ``graphcore.converge``, never ``instance``. Tests: ``tests/unit/converge``.
"""
