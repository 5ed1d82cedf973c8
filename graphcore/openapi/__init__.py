"""Schemas: the kinds of an API server, what it accepts as a CRD, and which changes of a CRD break its users."""

from graphcore.openapi.documents import Document, ResourceKind, Schemas, crd_kinds

__all__ = ["Document", "ResourceKind", "Schemas", "crd_kinds"]
