package main

import (
	"encoding/json"
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/ext"
	objects "k8s.io/apiserver/pkg/cel"
	k8s "k8s.io/apiserver/pkg/cel/library"
	"k8s.io/apiserver/pkg/cel/openapi"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// declaration is what is known of a variable before it has a value: a type, or an OpenAPI schema as of a resource.
type declaration struct {
	Type   string       `json:"type"`
	Schema *spec.Schema `json:"schema"`
}

// libraries are those that kro registers, except its own.
func libraries() []cel.EnvOption {
	return []cel.EnvOption{
		ext.TwoVarComprehensions(), ext.Lists(), ext.Strings(), ext.Bindings(), cel.OptionalTypes(), ext.Encoders(),
		k8s.Lists(), k8s.URLs(), k8s.Regex(), k8s.Quantity(), k8s.IP(), k8s.CIDR(), k8s.SemverLib(),
	}
}

// environment is what expressions are compiled in: the libraries and the declared variables.
type environment struct {
	env      *cel.Env
	declared map[string]declaration
}

// environments keeps one environment for each set of declarations, by their text.
type environments map[string]*environment

func (known environments) get(text json.RawMessage) (*environment, error) {
	if found, ok := known[string(text)]; ok {
		return found, nil
	}
	declared := map[string]declaration{}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &declared); err != nil {
			return nil, err
		}
	}
	options := libraries()
	var declTypes []*objects.DeclType
	for name, d := range declared {
		if d.Schema == nil {
			t, err := parseType(d.Type)
			if err != nil {
				return nil, err
			}
			options = append(options, cel.Variable(name, t))
			continue
		}
		declType := openapi.SchemaDeclType(d.Schema, false).MaybeAssignTypeName("__type_" + name)
		declTypes = append(declTypes, declType)
		options = append(options, cel.Variable(name, declType.CelType()))
	}
	if len(declTypes) > 0 {
		provider := objects.NewDeclTypeProvider(declTypes...)
		provider.SetRecognizeKeywordAsFieldName(true)
		wrapped, err := provider.WithTypeProvider(types.NewEmptyRegistry())
		if err != nil {
			return nil, err
		}
		options = append(options, cel.CustomTypeProvider(wrapped))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, err
	}
	known[string(text)] = &environment{env, declared}
	return known[string(text)], nil
}

// values reads the values of variables, each by its declaration.
func (e *environment) values(given map[string]json.RawMessage) (map[string]any, error) {
	values := map[string]any{}
	for name, raw := range given {
		value, err := decode(e.declared[name].Type, raw)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		if schema := e.declared[name].Schema; schema != nil {
			value = openapi.UnstructuredToVal(value, schema)
		}
		values[name] = value
	}
	return values, nil
}
