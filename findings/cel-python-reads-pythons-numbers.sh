#!/usr/bin/env bash
# cel-python 0.5.0: int(string) takes what Python's int takes: hexadecimal with a prefix, underscores between digits.
# cel-cpp (cel-expr-python 0.1.3, asked here) refuses both, as cel-go does, so that an expression that counts on the error for such text
# gets a number instead. (Blanks around the number are taken by both; cel-go refuses them.) Needs Python 3.11 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install cel-python==0.5.0 cel-expr-python==0.1.3
seen=$("$work/venv/bin/python" - <<'PYTHON'
import celpy
from cel_expr_python import cel


def cpp(source):
    try:
        value = cel.NewEnv().compile(source).eval()
        return "error" if value.type() == cel.Type.ERROR else value.value()
    except Exception:
        return "error"


for source in ('int("12")', 'int("0x10")', 'int(" 12 ")', 'int("1_000")'):
    environment = celpy.Environment()
    print(f"{source}: cel-python {environment.program(environment.compile(source)).evaluate({})}, cel-expr-python {cpp(source)}")
PYTHON
)
echo "$seen"
[ "$seen" = 'int("12"): cel-python 12, cel-expr-python 12
int("0x10"): cel-python 16, cel-expr-python error
int(" 12 "): cel-python 12, cel-expr-python 12
int("1_000"): cel-python 1000, cel-expr-python error' ]
