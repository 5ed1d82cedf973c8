"""Recorded lifecycles: steps that a user takes, and what a real API server showed of each while kro itself was running.

``tests/data/lifecycles/kro.jsonl.gz`` has one scenario a line: its steps as data and kro's answers in a normal form that two runs share, messages as digests.
``script`` reads them, ``play`` takes the steps against any API, ``form`` brings what is seen into the normal form, ``differences`` tells two
observations apart and knows which differences are meant (``deviations.yaml``, each with its entry on the page of differences from kro).
"""
