"""The ``krofn`` command line: commands, pictures, and the processes that it starts.

May import every room but ``hosting``. Tests: ``tests/unit/cli``.
"""
