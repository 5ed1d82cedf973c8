package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

var simple = map[string]*cel.Type{
	"bool": cel.BoolType, "int": cel.IntType, "uint": cel.UintType, "double": cel.DoubleType, "string": cel.StringType,
	"bytes": cel.BytesType, "timestamp": cel.TimestampType, "duration": cel.DurationType, "null": cel.NullType, "dyn": cel.DynType,
}

// split takes "list(int)" apart: name and parameters.
func split(text string) (string, []string, error) {
	name, rest, found := strings.Cut(text, "(")
	if !found {
		return text, nil, nil
	}
	if !strings.HasSuffix(rest, ")") {
		return "", nil, fmt.Errorf("unknown type %q", text)
	}
	rest = rest[:len(rest)-1]
	var parameters []string
	depth, start := 0, 0
	for i, c := range rest {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parameters = append(parameters, strings.TrimSpace(rest[start:i]))
			start = i + 1
		}
	}
	return name, append(parameters, strings.TrimSpace(rest[start:])), nil
}

func parseType(text string) (*cel.Type, error) {
	name, parameters, err := split(text)
	if err != nil {
		return nil, err
	}
	var parsed []*cel.Type
	for _, p := range parameters {
		t, err := parseType(p)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, t)
	}
	switch {
	case simple[name] != nil && len(parsed) == 0:
		return simple[name], nil
	case name == "list" && len(parsed) == 1:
		return cel.ListType(parsed[0]), nil
	case name == "map" && len(parsed) == 2:
		return cel.MapType(parsed[0], parsed[1]), nil
	case name == "optional" && len(parsed) == 1:
		return cel.OptionalType(parsed[0]), nil
	}
	return nil, fmt.Errorf("unknown type %q", text)
}

// decode reads a value by its declared type.
func decode(declared string, raw json.RawMessage) (any, error) {
	name, parameters, err := split(declared)
	if err != nil {
		return nil, err
	}
	switch name {
	case "list":
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, err
		}
		result := make([]any, 0, len(items))
		for _, item := range items {
			value, err := decode(parameters[0], item)
			if err != nil {
				return nil, err
			}
			result = append(result, value)
		}
		return result, nil
	case "map":
		var entries map[string]json.RawMessage
		if err := json.Unmarshal(raw, &entries); err != nil {
			return nil, err
		}
		result := map[string]any{}
		for key, entry := range entries {
			if result[key], err = decode(parameters[1], entry); err != nil {
				return nil, err
			}
		}
		return result, nil
	case "optional":
		if string(raw) == "null" {
			return types.OptionalNone, nil
		}
		value, err := decode(parameters[0], raw)
		return types.OptionalOf(types.DefaultTypeAdapter.NativeToValue(value)), err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	switch name {
	case "uint":
		return strconv.ParseUint(value.(json.Number).String(), 10, 64)
	case "double":
		return value.(json.Number).Float64()
	case "bytes":
		return base64.StdEncoding.DecodeString(value.(string))
	case "timestamp":
		return time.Parse(time.RFC3339Nano, value.(string))
	case "duration":
		return time.ParseDuration(value.(string))
	}
	return natural(value)
}

// natural turns numbers into int64 or float64, as Kubernetes reads JSON.
func natural(value any) (any, error) {
	var err error
	switch v := value.(type) {
	case json.Number:
		if !strings.ContainsAny(v.String(), ".eE") {
			return v.Int64()
		}
		return v.Float64()
	case []any:
		for i := range v {
			if v[i], err = natural(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range v {
			if v[key], err = natural(v[key]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

// encode tags a result with its type: ["int", "3"], ["list", […]], ["map", [[key, value], …]], ["optional"] when absent.
func encode(value ref.Val) any {
	switch v := value.(type) {
	case types.Null:
		return []any{"null"}
	case types.Bool:
		return []any{"bool", bool(v)}
	case types.Int:
		return []any{"int", strconv.FormatInt(int64(v), 10)}
	case types.Uint:
		return []any{"uint", strconv.FormatUint(uint64(v), 10)}
	case types.Double:
		return []any{"double", strconv.FormatFloat(float64(v), 'g', -1, 64)}
	case types.String:
		return []any{"string", string(v)}
	case types.Bytes:
		return []any{"bytes", base64.StdEncoding.EncodeToString(v)}
	case types.Timestamp:
		return []any{"timestamp", v.Time.UTC().Format(time.RFC3339Nano)}
	case types.Duration:
		return []any{"duration", strconv.FormatInt(int64(v.Duration), 10)}
	case *types.Optional:
		if !v.HasValue() {
			return []any{"optional"}
		}
		return []any{"optional", encode(v.GetValue())}
	case traits.Lister:
		items := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			items = append(items, encode(it.Next()))
		}
		return []any{"list", items}
	case traits.Mapper:
		entries := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			entries = append(entries, []any{encode(key), encode(v.Get(key))})
		}
		return []any{"map", entries}
	case ref.Type:
		return []any{"type", v.TypeName()}
	}
	return []any{"opaque", value.Type().TypeName()}
}
