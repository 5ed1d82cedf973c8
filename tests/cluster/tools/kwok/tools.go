//go:build tools

// Package tools pins kwok, which plays the nodes that tests/cluster runs Pods on.
package tools

import _ "sigs.k8s.io/kwok/cmd/kwok"
