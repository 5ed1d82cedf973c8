"""Text to abstract syntax: where expressions stand in a text, words, the parser, macros, and what a tree mentions.

May import the vocabulary (``ast``, ``errors``, ``names``, ``types``). Tests: ``test_parser.py``, ``test_scanner.py``, ``test_macros.py``,
``test_analysis.py`` in ``tests/unit/cel``.
"""
