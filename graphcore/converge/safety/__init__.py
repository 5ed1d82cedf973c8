"""Why two invocations for one instance at once are safe. Read in this order:

* ``mark``: the one annotation in which they meet: a revision that only rises, a counter, the places of all children, and prune claims.
* ``fencing``: *when* the instance is written before anything else, as a function that names the reason, and that write. It carries the
  resourceVersion under which the instance was read; so of two that started from the same state one begins again.
* ``claims``: how a delete and a wish for the same object are settled.
* ``trust``: what of the record is believed, and when it may shrink.
* ``last_writer``: how the last one to finish knows that it has seen the newest intent.
* ``attempt``: the state of one attempt, and the exceptions by which somebody else ends it.

The argument, rule by rule: docs/explanation/concurrency.md (4, 5, 7 and 8). What attacks it: tests/simulation. This package knows nothing
of nodes, waves or statuses; it may import what is beside it in ``graphcore.converge`` at the top level.
"""
