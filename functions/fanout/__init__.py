"""Turns one event about a kind into one converge event per instance."""
