"""What the API server's no becomes: a result whose words are the same whenever the cause is."""

from __future__ import annotations

from typing import Any

from functions.platform.cluster import Answer
from graphcore.converge.effects import Refused, Resource


def refusal(answer: Answer) -> Refused:
    """The server's no as a result. An invalid object's faults are put in order of field and sentence: for custom resources the API server
    (1.36) lists them in another order each time, and each would be another message of a condition, and another Event.
    """
    details = answer.body.get("details")
    if not isinstance(details, dict):
        return Refused(answer.status, answer.reason, answer.message)
    causes = details.get("causes")
    if not isinstance(causes, list) or len(causes) < 2 or not all(isinstance(cause, dict) for cause in causes):
        return Refused(answer.status, answer.reason, answer.message, details)
    ordered = sorted(causes, key=_place)
    return Refused(answer.status, answer.reason, _in_order(answer.message, ordered), {**details, "causes": ordered})


def not_served(resource: Resource) -> Refused:
    """What a 404 means that is not about the object: this API server does not know the kind (yet), or something in between answered."""
    kind = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    return Refused(404, "", f"the API server does not serve {kind} at version {resource.version} now")


def _place(cause: dict[str, Any]) -> tuple[str, str, str]:
    return str(cause.get("field", "")), str(cause.get("message", "")), str(cause.get("reason", ""))


def _in_order(message: str, causes: list[dict[str, Any]]) -> str:
    """The message ``… is invalid: [a: x, b: y]`` with its faults in the order of the causes, each once; any other message as it is."""
    faults = list(dict.fromkeys(f"{cause.get('field', '')}: {cause.get('message', '')}" for cause in causes))
    told = ", ".join(faults)
    begin = len(message) - len(told) - 1
    listed = message[begin:-1]
    if begin < 1 or message[begin - 1] != "[" or not message.endswith("]") or not all(fault in listed for fault in faults):
        return message
    return f"{message[:begin]}{told}]"
