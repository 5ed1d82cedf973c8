"""A Kubernetes API server on loopback, the event broker's behaviour, and the ``krofn`` command line."""
