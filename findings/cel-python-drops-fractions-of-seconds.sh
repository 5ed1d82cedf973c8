#!/usr/bin/env bash
# cel-python 0.5.0: the text of a timestamp has whole seconds only. CEL's string(timestamp) is RFC 3339 with as many digits of the
# fraction as the value has, so that timestamp(string(t)) == t; here that comparison is false for every t with a fraction, such as the
# renewTime of a Kubernetes Lease. Needs Python 3.11 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install cel-python==0.5.0
seen=$("$work/venv/bin/python" - <<'PYTHON'
import celpy

for source in (
    'string(timestamp("2026-03-01T12:00:00.250000Z"))',
    'timestamp(string(timestamp("2026-03-01T12:00:00.250000Z"))) == timestamp("2026-03-01T12:00:00.250000Z")',
    'timestamp("2026-03-01T12:00:00.250000Z").getMilliseconds()',
):
    environment = celpy.Environment()
    print(environment.program(environment.compile(source)).evaluate({}))
PYTHON
)
echo "$seen"
[ "$seen" = "2026-03-01T12:00:00Z
False
250" ]
