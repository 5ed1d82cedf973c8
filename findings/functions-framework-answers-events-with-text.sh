#!/usr/bin/env bash
# functions-framework 3.10.2: a function with the cloudevent signature that returns nothing is answered with 200, the body "OK" and
# text/html. Knative's broker takes the body of a 2xx answer for a reply event; one that is no CloudEvent is a failed delivery there
# (502 within the filter), so that a function that did its work is run again. An answer of 204, or no body, would be right: here only
# the http signature can give one. Needs Python 3.11 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install functions-framework==3.10.2 cloudevents==1.12.0
cat >main.py <<'PYTHON'
import functions_framework


@functions_framework.cloud_event
def taken(event):
    return None


@functions_framework.http
def silent(request):
    return "", 204
PYTHON
cat >ask.py <<'PYTHON'
from functions_framework import create_app

headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"}
for target, signature in (("taken", "cloudevent"), ("silent", "http")):
    answer = create_app(target, "main.py", signature).test_client().post("/", headers=headers, data=b"")
    print(signature, answer.status_code, answer.data.decode(), answer.content_type.partition(";")[0])
PYTHON
seen=$(venv/bin/python ask.py)
echo "$seen"
[ "$seen" = "cloudevent 200 OK text/html
http 204  text/html" ]
