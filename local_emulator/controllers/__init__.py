"""The controllers that clients rely on: garbage collection, namespaces, a kubelet of convenience, an autoscaler without metrics.

May import ``kinds`` and what that may. Tests: ``tests/emulator/test_controllers.py``, ``test_kubelet.py``.
"""
