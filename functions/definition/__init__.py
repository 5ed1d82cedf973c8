"""Converges one ResourceGraphDefinition."""
