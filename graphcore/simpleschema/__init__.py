"""SimpleSchema: kro's short notation for the schema of an instance's ``spec``, turned into OpenAPI v3.

``field: type | marker=value …`` with ``schema.types`` for named parts. Whatever kro v0.9 accepts gives the same schema here; definitions
whose schema no API server would take are refused with every fault at once.
"""

from graphcore.simpleschema.convert import read_schema, to_openapi

__all__ = ["read_schema", "to_openapi"]
