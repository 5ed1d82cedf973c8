"""What the API server knows about the inside of objects: schemas, defaults, checks, ownership of fields, patches and other encodings.

May import ``core``. Tests: ``test_objects.py``, ``test_apply.py``, ``test_patches.py``, ``test_schemas.py``, ``test_protobuf.py`` in
``tests/emulator``.
"""
