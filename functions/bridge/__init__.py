"""Turns API changes into events: the only long-lived process, and one that keeps no state which a restart cannot rebuild."""
