"""Converges one instance, or deletes it in order."""
