#!/usr/bin/env bash
# github.com/google/cel-go v0.31.0: an index with [?…] into an optional without value gives no value, and the index is not looked at:
# `optional.none()[?m.missing]` is none. Where the optional itself comes from an index, as in `[optional.none()][0][?m.missing]`, both
# indices are one attribute, the second is resolved first, and the expression is an error, "no such key", although nothing is read with it.
# A literal index has no such effect. Needs Go 1.25 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >go.mod <<'MOD'
module indexofnothing

go 1.25

require github.com/google/cel-go v0.31.0
MOD
cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/google/cel-go/cel"
)

func main() {
	env, err := cel.NewEnv(cel.OptionalTypes(), cel.Variable("m", cel.MapType(cel.StringType, cel.IntType)))
	if err != nil {
		panic(err)
	}
	for _, text := range []string{
		"optional.none()[?m.missing].hasValue()",
		"[optional.none()][0][?m.missing].hasValue()",
		"[optional.none()][0][?0].hasValue()",
	} {
		ast, issues := env.Compile(text)
		if issues.Err() != nil {
			fmt.Println(text, "=> does not compile")
			continue
		}
		program, err := env.Program(ast)
		if err != nil {
			panic(err)
		}
		out, _, err := program.Eval(map[string]any{"m": map[string]int64{}})
		if err != nil {
			fmt.Println(text, "=> error:", err)
			continue
		}
		fmt.Println(text, "=>", out)
	}
}
GO
seen=$(GOFLAGS=-mod=mod go run . 2>errors.txt) || { cat errors.txt; exit 1; }
echo "$seen"
[ "$seen" = "optional.none()[?m.missing].hasValue() => false
[optional.none()][0][?m.missing].hasValue() => error: no such key: missing
[optional.none()][0][?0].hasValue() => false" ]
