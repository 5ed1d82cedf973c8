"""The whole way of a change, from the API server's watch to the written status, attacked by seeded schedules in virtual time.

The real bridge, queue, deliveries, functions and fan-out run over the emulator's own store, called directly; only what carries requests
and events between them is replaced (``network``). ``plan`` draws from a seed what users and faults do, and when; ``schedule`` plays it,
heals everything and lets time go on; ``oracle`` says what is wrong then. ``mutants`` are losses that the product had once, each of which
the schedules find again. ``python -m tests.simulation.way --help`` runs ranges of seeds.
"""
