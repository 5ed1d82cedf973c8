"""The kinds a definition can use without a cluster: the built-in ones and those of this product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from graphcore.openapi import Schemas
from local_emulator.cli.install import crds
from local_emulator.objects.builtin.schemas import group_versions, openapi_document


class _Documents(Mapping[str, Mapping[str, Any]]):
    """The embedded OpenAPI documents, each made when it is first asked for."""

    def __getitem__(self, group_version: str) -> Mapping[str, Any]:
        document = openapi_document(group_version)
        if document is None:
            raise KeyError(group_version)
        return document

    def __iter__(self) -> Iterator[str]:
        return iter(group_versions())

    def __len__(self) -> int:
        return len(group_versions())


@cache
def offline_schemas() -> Schemas:
    """What a cluster of the emulated version serves once krofn is installed."""
    schemas = Schemas(_Documents())
    for crd in crds():
        schemas = schemas.with_crd(crd)
    return schemas
