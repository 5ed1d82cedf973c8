"""Requests to answers: HTTP, encodings, views, lists, watches, discovery and OpenAPI.

May import every room but ``cli`` and ``hosting``. Tests: ``test_requests.py``, ``test_views.py``, ``test_watch.py``, ``test_server.py`` in
``tests/emulator``.
"""
