#!/usr/bin/env bash
# k8s.io/apimachinery 0.36.2: meta.UnsafeGuessKindToResource, by which Knative's ApiServerSource finds the resource of a kind, turns
# every final y into ies and knows no x: the Gateway API's own Gateway becomes "gatewaies", an Index "indexs". Such a kind is then
# watched under a path that nothing serves. Needs Go 1.25 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >go.mod <<'MOD'
module guess

go 1.25

require k8s.io/apimachinery v0.36.2
MOD
cat >main.go <<'GO'
package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func main() {
	for _, kind := range []string{"Gateway", "Relay", "Index", "Policy"} {
		plural, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: "example.org", Version: "v1", Kind: kind})
		fmt.Println(kind, plural.Resource)
	}
}
GO
seen=$(GOFLAGS=-mod=mod go run . 2>errors.txt) || { cat errors.txt; exit 1; }
echo "$seen"
[ "$seen" = "Gateway gatewaies
Relay relaies
Index indexs
Policy policies" ]
