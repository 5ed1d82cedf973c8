"""The words and phrases of which the API server makes its refusals: what stays readable even where an object contains it."""

from __future__ import annotations

import re
from typing import Final

_TEXT: Final = """
a able about above accepted access account accounts admission admit admitted after all allow allowed already an and any api
apiserver apply applied are array at attribute base be because been before begin being below between binding body boolean both but
by bytes call called calling can cannot case change changed changes character characters check class client cluster code conflict
conflicts consist contain contains controller could create created creating custom data decode decoding default defined definition
delete deleted denied deny denies digit digits does domain due duplicate each element elements email empty encountered end ends
entries entry error errors evaluate evaluation exceed exceeded exceeds exist existing exists expected expression failed failure
false field fields final for forbidden format found from given greater group has have image immutable in inclusive input inside
instance instances integer internal into invalid is it items key keys kind label labels least length less limit limits list long
lower lowercase manager map match matches maximum may message metadata minimum missing modified modify more most must name names
namespace namespaces negative new no non none not null number numeric object objects of old on one only operation option or other
owner parameter part path pattern per permission pod pods policy port ports prefix present property protected quota range read
reason refused regex regular reject rejected replicas request requested requests require required requires reserved resource
resources response result rule rules schema scope secret selector server service set short should size spec specified start starts
status string subdomain such suffix supported template than that the their then there this time to too true type types unable
unique unknown unrecognized unset unsupported up update updated updates upper uppercase url used user user's using valid validate
validated validation value values variable verb version volume volumes wait was webhook were when where which will with within
without write you your
"""
_WORDS: Final = frozenset(_TEXT.split())
_SPLIT: Final = re.compile(r"[^A-Za-z']+")


def is_sentence(text: str) -> bool:
    """Whether a part of a text consists of common words alone."""
    if any(character.isdigit() for character in text):
        return False
    words = [word.lower() for word in _SPLIT.split(text) if word]
    return bool(words) and all(word in _WORDS for word in words)


_FAULTS: Final = (
    r"(?:Invalid|Required|Unsupported|Duplicate) value|Forbidden|Too (?:long|many|few|short)|Not found|Internal error|Type invalid"
    r"|Unknown (?:value|field)|field not declared in schema"
)
_RULES: Final = (
    rf"(?:{_FAULTS})(?=: |:?$)",
    r"\A[A-Za-z][\w.-]*(?= \"[^\"\n]*\" (?:is (?:invalid|forbidden)|not found|already exists))",
    r"(?:is|are) (?:invalid|forbidden|immutable)\b",
    r"\b(?:field is immutable|denied (?:the )?request|admission webhook|failed rule|validation failure list)\b",
    r"\b(?:regex used for validation is|should match) '(?:[^'\\]|\\.)*'",
    r"\(e\.g\. (?:'[^'\n]*'(?:, +(?:or )?)?)+",
    r"'-' or '\.'|'-', '_' or '\.'",
    r"\b(?:must|should|may not) be (?:no (?:more|less) than|(?:more|less|greater) than(?: or equal to)?|at most|at least) -?[\d.]+",
    r"\bmust be between -?[\d.]+ and -?[\d.]+",
    r"\bUser \"[^\"\n]*\" cannot [a-z]+ (?:resource|path) \"[^\"\n]*\"(?: in API group \"[^\"\n]*\")?(?: in the namespace \"[^\"\n]*\")?",
    r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@",
    r"\b(?:supported|valid) values: (?:\"(?:[^\"\\]|\\.)*\"(?:, )?)+",
)
FRAME: Final = re.compile("|".join(_RULES), re.MULTILINE)
"""Parts of a refusal that say what is wrong, and with which rule; never what was written."""

ECHO: Final = re.compile(r"(?:Invalid|Unsupported|Duplicate) value: |Not found: |Too long: (?=[\"\{\[])")
"""What comes next is the value itself."""

FAULT_OF_PATH: Final = re.compile(rf":\s+(?:{_FAULTS})")

_REFERRED: Final = (
    r"namespace|serviceaccount|secret|configmap|persistentvolumeclaim|priorityclass|storageclass|runtimeclass|ingressclass|service"
    r"|role|clusterrole"
)
NAMED: Final = re.compile(rf"\b(?:{_REFERRED})(?:s|es)?(?:\.[a-z0-9.]*k8s\.io)? \"([^\"\s]+)\" not found", re.IGNORECASE)
"""An object that another one refers to, and that is not there: its name is the remedy."""

FIELD: Final = re.compile(r"\b(?:unknown|duplicate) field \"([^\"\n]+)\"")
"""A field that the API server does not know."""

TYPES: Final = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})
"""What the API server writes for a value that it does not repeat."""
