"""What the emulator knows about the inside of objects: reading, defaults and validation, for built-in and custom kinds.

* ``reading``: built-in objects through the shape of Go structs, in one pass of compiled closures; ``defaults`` are its hooks;
* ``checks``, ``pods``, ``unchangeable``: what the API server refuses in the usual built-in kinds (422), in the ``wording`` of field errors;
* ``transitions``: what it takes back by itself when an object changes its nature;
* ``custom``: custom resources: prune, default, validate; ``rules`` evaluates their validation rules in CEL;
* ``models``: :class:`~local_emulator.objects.model.models.Model`, what is compiled once per served version of a kind::

    builtin_model(group, version, kind) -> Model
    custom_model(group, version, kind, schema) -> Model
    Model.read(obj, report) -> obj        # pruned, canonical, defaulted; Mismatch for a wrong JSON type
    Model.check(obj, old, subresource) -> list[Cause]

``local_emulator.writes.engine`` puts them together with ``apply`` and ``patches`` behind the seam that the protocol calls.
"""

from __future__ import annotations
