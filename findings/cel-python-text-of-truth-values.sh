#!/usr/bin/env bash
# cel-python 0.5.0: string(true) is Python's "True"; CEL's string conversion gives "true" (langdef, "string(bool)").
# Who builds labels or arguments from a flag (`string(spec.enabled)`) writes another value than with cel-go or cel-cpp.
# cel-expr-python 0.1.3 (cel-cpp) is asked the same, for comparison. Needs Python 3.11 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install cel-python==0.5.0 cel-expr-python==0.1.3
seen=$("$work/venv/bin/python" - <<'PYTHON'
import celpy
from cel_expr_python import cel

for source in ("string(true)", "string(1 > 2)"):
    environment = celpy.Environment()
    python = environment.program(environment.compile(source)).evaluate({})
    cpp = cel.NewEnv().compile(source).eval().value()
    print(f"{source}: cel-python {str(python)!r}, cel-expr-python {cpp!r}")
PYTHON
)
echo "$seen"
[ "$seen" = "string(true): cel-python 'True', cel-expr-python 'true'
string(1 > 2): cel-python 'False', cel-expr-python 'false'" ]
