#!/usr/bin/env bash
# cloudevents 1.12.0 (Python): to_binary writes attribute values into ce- headers as they are, and from_http reads them as they are. The
# HTTP binding of CloudEvents 1.0 (3.1.3.2) asks for percent-encoding of everything outside printable ASCII, and of space, quote and
# percent sign, and for decoding on receipt. A sender that follows it is read wrongly: the subject of an object with a percent sign or a
# letter outside ASCII in its name (RBAC objects may have both) is another one. Needs Python 3.11 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install cloudevents==1.12.0
seen=$("$work/venv/bin/python" - <<'PYTHON'
from cloudevents.conversion import to_binary
from cloudevents.http import CloudEvent, from_http

headers, _ = to_binary(CloudEvent({"type": "t", "source": "/s", "id": "1", "subject": "50% café"}))
print("written:", ascii(headers["ce-subject"]))
headers["ce-subject"] = "50%25%20caf%C3%A9"
print("read:", ascii(from_http(headers, b"")["subject"]))
PYTHON
)
echo "$seen"
[ "$seen" = "written: '50% caf\\xe9'
read: '50%25%20caf%C3%A9'" ]
