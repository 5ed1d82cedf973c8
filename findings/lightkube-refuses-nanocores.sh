#!/usr/bin/env bash
# lightkube 1.0.1: parse_quantity knows neither the suffixes n and u nor an exponent written with a capital E. All three are quantities
# of Kubernetes' own grammar, and metrics-server reports CPU in nanocores ("245321n"), so that the usage of a PodMetrics object cannot be
# read. kubernetes 37.0.2 (parse_quantity) reads all of them, and also "1K", which the API server refuses. Needs Python 3.11 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install lightkube==1.0.1 kubernetes==37.0.2
seen=$("$work/venv/bin/python" - <<'PYTHON'
from kubernetes.utils import parse_quantity as official
from lightkube.utils.quantity import parse_quantity


def read(parse, text):
    try:
        return f"{parse(text):.9f}".rstrip("0").rstrip(".")
    except ValueError:
        return "refused"


for text in ("245321n", "15u", "1E3", "1e3", "250m", "1K"):
    print(f"{text}: lightkube {read(parse_quantity, text)}, kubernetes {read(official, text)}")
PYTHON
)
echo "$seen"
[ "$seen" = "245321n: lightkube refused, kubernetes 0.000245321
15u: lightkube refused, kubernetes 0.000015
1E3: lightkube refused, kubernetes 1000
1e3: lightkube 1000, kubernetes 1000
250m: lightkube 0.25, kubernetes 0.25
1K: lightkube refused, kubernetes 1000" ]
