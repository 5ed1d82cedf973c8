"""The graph: pure computation over Kubernetes objects. No I/O, no clock, no randomness, no environment."""
