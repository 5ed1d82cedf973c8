#!/usr/bin/env bash
# sigs.k8s.io/cli-utils 0.37.2 (kstatus): a custom object that has no status yet is Current, and so is one whose Ready=True was computed
# for an older generation, as long as only the condition says so: a condition's own observedGeneration is not read, only the status's.
# `helm --wait` and Flux's `wait` rest on this, and pass before a controller has looked at a new or an edited object. Needs Go 1.25 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >go.mod <<'MOD'
module kstatus

go 1.25

require sigs.k8s.io/cli-utils v0.37.2
MOD
cat >main.go <<'GO'
package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

type fields = map[string]interface{}

func show(name string, reported fields) {
	thing := &unstructured.Unstructured{Object: fields{
		"apiVersion": "example.org/v1",
		"kind":       "Thing",
		"metadata":   fields{"name": "a", "namespace": "b", "generation": int64(2)},
	}}
	if reported != nil {
		thing.Object["status"] = reported
	}
	result, err := status.Compute(thing)
	if err != nil {
		fmt.Println(name+":", "error")
		return
	}
	fmt.Println(name+":", result.Status)
}

func ready(generation int64) []interface{} {
	return []interface{}{fields{"type": "Ready", "status": "True", "reason": "Ready", "message": "", "observedGeneration": generation}}
}

func main() {
	show("no status", nil)
	show("condition of an older generation", fields{"conditions": ready(1)})
	show("status of an older generation", fields{"conditions": ready(1), "observedGeneration": int64(1)})
}
GO
seen=$(GOFLAGS=-mod=mod go run . 2>errors.txt) || { cat errors.txt; exit 1; }
echo "$seen"
[ "$seen" = "no status: Current
condition of an older generation: Current
status of an older generation: InProgress" ]
