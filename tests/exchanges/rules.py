"""x-kubernetes-validations: what a failing rule answers, on creation and on change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.exchanges.asking import MERGE, Ask
from tests.exchanges.objects_of import CRDS, definition, established, grouped

GROUP = "rules.krofn.dev"
RULED = grouped("rules", f"{GROUP}/v1", "ruleds")
CRD = f"{CRDS}/ruleds.{GROUP}"


def _rule(rule: str, **more: Any) -> dict[str, Any]:
    return {"rule": rule, **more}


SCHEMA: dict[str, Any] = {
    "type": "object",
    "x-kubernetes-validations": [_rule("!has(self.spec) || !has(self.spec.named) || self.spec.named == self.metadata.name", message="must be called as it is named")],
    "properties": {
        "spec": {
            "type": "object",
            "x-kubernetes-validations": [
                _rule("!has(self.low) || !has(self.high) || self.low <= self.high"),
                _rule("!has(self.a) || has(self.b)", message="b is needed with a", reason="FieldValueRequired", fieldPath=".b"),
                _rule("!has(self.c) || !has(self.d)", messageExpression="'c is ' + self.c + ' and so d must not be'", reason="FieldValueForbidden"),
                _rule("has(self.once) == has(oldSelf.once)", message="once may neither come nor go"),
                _rule("!has(self.list) || self.list.all(x, x != 'bad')", message="no bad items", fieldPath=".list"),
            ],
            "properties": {
                "named": {"type": "string"},
                "low": {"type": "integer"},
                "high": {"type": "integer"},
                "a": {"type": "string"},
                "b": {"type": "string"},
                "c": {"type": "string", "maxLength": 20},
                "d": {"type": "string"},
                "list": {"type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 10}},
                "once": {"type": "string", "x-kubernetes-validations": [_rule("self == oldSelf", message="once is immutable")]},
                "grows": {"type": "integer", "x-kubernetes-validations": [_rule("self >= oldSelf", messageExpression="'must not shrink from ' + string(oldSelf) + ' to ' + string(self)")]},
                "optional": {"type": "string", "x-kubernetes-validations": [_rule("!oldSelf.hasValue() || oldSelf.value() == self", optionalOldSelf=True, message="optional is immutable")]},
                "even": {"type": "integer", "x-kubernetes-validations": [_rule("self % 2 == 0", messageExpression="string(self) + ' is odd'")]},
                "text": {"type": "string", "maxLength": 30, "x-kubernetes-validations": [_rule("self.startsWith('a')"), _rule("self.size() < 5", message="too long")]},
                "fails": {"type": "integer", "x-kubernetes-validations": [_rule("10 / self > 0", message="cannot be divided")]},
                "dupe": {"type": "string", "x-kubernetes-validations": [_rule("self != 'x'", reason="FieldValueDuplicate")]},
                "when": {"type": "string", "format": "date-time", "x-kubernetes-validations": [_rule("self > timestamp('2020-01-01T00:00:00Z')", message="too early")]},
                "port": {"x-kubernetes-int-or-string": True, "x-kubernetes-validations": [_rule("type(self) == int ? self > 0 : self != ''", message="must be a port")]},
                "amount": {"type": "string", "maxLength": 10, "x-kubernetes-validations": [_rule("isQuantity(self) && quantity(self).isGreaterThan(quantity('1'))", message="more than one")]},
                "ratio": {"type": "number", "x-kubernetes-validations": [_rule("self < 1.0")]},
                "flag": {"type": "boolean", "x-kubernetes-validations": [_rule("self", message="must be set")]},
                "map": {"type": "object", "maxProperties": 5, "additionalProperties": {"type": "string", "maxLength": 5, "x-kubernetes-validations": [_rule("self != 'x'", message="x is no value")]}, "x-kubernetes-validations": [_rule("self.all(k, k != 'bad')", message="bad is no key")]},
                "keyed": {
                    "type": "array",
                    "maxItems": 5,
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {"name": {"type": "string", "maxLength": 5}, "value": {"type": "string", "maxLength": 5, "x-kubernetes-validations": [_rule("self == oldSelf", message="value is immutable")]}},
                    },
                    "x-kubernetes-validations": [_rule("self.all(x, x.name != 'bad')", message="no item is bad")],
                },
                "plain": {"type": "array", "maxItems": 5, "items": {"type": "object", "properties": {"value": {"type": "string", "maxLength": 5, "x-kubernetes-validations": [_rule("self != 'x'", message="no x")]}}}},
                "dotted.name": {"type": "string", "x-kubernetes-validations": [_rule("self != 'x'", message="no x here")]},
            },
        },
        "status": {"type": "object", "properties": {"n": {"type": "integer", "x-kubernetes-validations": [_rule("self >= 0", message="n counts up")]}}},
    },
}  # fmt: skip


def ruled(name: str, spec: Any) -> dict[str, Any]:
    return {"apiVersion": f"{GROUP}/v1", "kind": "Ruled", "metadata": {"name": name}, "spec": spec}


def asks() -> Iterator[Ask]:
    yield Ask("create the CRD", "POST", CRDS, definition("ruleds", GROUP, SCHEMA, kind="Ruled", shortNames=["ru"]), only=("code",))
    yield Ask("it is established", "GET", CRD, until=established, only=("code",))
    yield Ask("it is served", "GET", RULED, until=lambda code, _: code == 200, only=("code",))
    for name, spec in (
        ("nothing", {}),
        ("a wrong name", {"named": "other"}),
        ("two fields against each other", {"low": 2, "high": 1}),
        ("a needed field", {"a": "x"}),
        ("a forbidden field with an expression", {"c": "x", "d": "y"}),
        ("a path of its own", {"list": ["bad"]}),
        ("a message of an expression", {"even": 3}),
        ("two rules of one field", {"text": "bbbbbb"}),
        ("a rule that fails to be computed", {"fails": 0}),
        ("a duplicate", {"dupe": "x"}),
        ("a time", {"when": "2019-01-01T00:00:00Z"}),
        ("a port of number", {"port": 0}),
        ("a port of text", {"port": ""}),
        ("a quantity", {"amount": "100m"}),
        ("a fraction", {"ratio": 1.5}),
        ("a boolean", {"flag": False}),
        ("a value of a map", {"map": {"a": "x"}}),
        ("a key of a map", {"map": {"bad": "y"}}),
        ("an item of a keyed list", {"keyed": [{"name": "bad"}]}),
        ("an item of a list", {"plain": [{"value": "y"}, {"value": "x"}]}),
        ("a name with a dot", {"dotted.name": "x"}),
        ("several", {"low": 2, "high": 1, "even": 3, "flag": False, "plain": [{"value": "x"}]}),
        ("a wrong type and a rule", {"low": "2", "even": 3}),
        ("a null", {"even": None}),
    ):
        yield Ask(f"create: {name}", "POST", RULED + "?dryRun=All", ruled("r", spec))
    good = {"once": "a", "grows": 5, "optional": "x", "keyed": [{"name": "k", "value": "v"}], "even": 2, "low": 1, "high": 3}
    yield Ask("create a good one", "POST", RULED, ruled("good", good))
    for name, patch in (
        ("an immutable field", {"once": "b"}),
        ("an immutable field gone", {"once": None}),
        ("what must not shrink", {"grows": 4}),
        ("what grows", {"grows": 6}),
        ("what is optional", {"optional": "y"}),
        ("what is optional gone", {"optional": None}),
        ("an item of a keyed list", {"keyed": [{"name": "k", "value": "w"}]}),
        ("another item of a keyed list", {"keyed": [{"name": "l", "value": "w"}]}),
        ("two fields against each other", {"low": 9}),
        ("something else", {"b": "x"}),
    ):
        yield Ask(f"change: {name}", "PATCH", RULED + "/good", {"spec": patch}, MERGE)
    yield Ask("change the status", "PATCH", RULED + "/good/status", {"status": {"n": -1}}, MERGE)
    tighter = definition("ruleds", GROUP, SCHEMA, kind="Ruled", shortNames=["ru"])
    version = tighter["spec"]["versions"][0]
    properties = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    properties["even"] = {"type": "integer", "x-kubernetes-validations": [_rule("self > 100", message="must be big")]}
    properties["b"] = {"type": "string", "enum": ["one"]}
    properties["marker"] = {"type": "string", "default": "new"}
    yield Ask("tighten the rules", "PATCH", CRD, {"spec": {"versions": [version]}}, MERGE, only=("code",))
    yield Ask("they are in force", "GET", RULED + "/good", until=lambda _, body: "marker" in body.get("spec", {}), only=("code",))
    yield Ask("a label on what no longer holds", "PATCH", RULED + "/good", {"metadata": {"labels": {"a": "b"}}}, MERGE)
    yield Ask("another field beside what no longer holds", "PATCH", RULED + "/good", {"spec": {"d": "z"}}, MERGE)
    yield Ask("what no longer holds, changed", "PATCH", RULED + "/good", {"spec": {"even": 4}}, MERGE)
    yield Ask("delete the CRD", "DELETE", CRD, only=("code",))
    yield Ask("it is gone", "GET", CRD, until=lambda code, _: code == 404, only=("code",))
