"""What the API server knows about its own kinds before anybody installs anything.

Two sources, kept apart because they change for different reasons:

* ``schemas``: the shapes of built-in kinds. They are generated once (``generate``) from the published JSON schemas of
  Kubernetes and committed compressed under ``local_emulator/data``; ``facts`` holds by hand what those schemas leave out
  (enumerations and the few declared defaults).
* ``kinds``: the discovery table, by hand: plural, scope, short names, verbs, subresources.

``wire`` lists how objects are written back where the schemas do not say, ``paths`` builds the ``paths`` of OpenAPI documents.
"""

from __future__ import annotations
