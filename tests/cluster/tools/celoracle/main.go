// Command celoracle answers what cel-go, with the libraries that kro registers except kro's own, makes of expressions.
//
// It reads one JSON object a line and writes one JSON object a line, in the same order:
//
//	in:  {"expression": "…", "variables": {"name": {"type": "list(int)", "value": …}}}
//	out: {"type": "int", "value": ["int", "3"]}
//	     {"issues": [{"message": "…", "line": 1, "column": 0}]}   refused when compiled; column from 0, as cel-go counts
//	     {"type": "int", "error": "…"}                            compiled, but the evaluation failed
//
// With "check": false nothing is type-checked, and with "eval": false nothing is evaluated.
// Types are bool, int, uint, double, string, bytes, timestamp, duration, null, dyn, list(T), map(K, V) and optional(T).
// Values are JSON read by their type: dyn takes whole numbers as int and others as double, bytes are base64, timestamps RFC 3339,
// durations Go's notation. Results are tagged pairs, see encode.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	k8s "k8s.io/apiserver/pkg/cel/library"
)

type variable struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

type question struct {
	Expression string              `json:"expression"`
	Variables  map[string]variable `json:"variables"`
	Check      *bool               `json:"check"`
	Eval       *bool               `json:"eval"`
}

type issue struct {
	Message string `json:"message"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
}

type answer struct {
	Type   string  `json:"type,omitempty"`
	Issues []issue `json:"issues,omitempty"`
	Value  any     `json:"value,omitempty"`
	Error  string  `json:"error,omitempty"`
}

func libraries() []cel.EnvOption {
	return []cel.EnvOption{
		ext.TwoVarComprehensions(), ext.Lists(), ext.Strings(), ext.Bindings(), cel.OptionalTypes(), ext.Encoders(),
		k8s.Lists(), k8s.URLs(), k8s.Regex(), k8s.Quantity(), k8s.IP(), k8s.CIDR(), k8s.SemverLib(),
	}
}

// environments keeps one environment for each set of declared variables.
type environments struct {
	base  *cel.Env
	known map[string]*cel.Env
}

func (e *environments) get(variables map[string]variable) (*cel.Env, error) {
	options := make([]cel.EnvOption, 0, len(variables))
	declared := map[string]string{}
	for name, v := range variables {
		t, err := parseType(v.Type)
		if err != nil {
			return nil, err
		}
		declared[name] = v.Type
		options = append(options, cel.Variable(name, t))
	}
	key, err := json.Marshal(declared)
	if err != nil {
		return nil, err
	}
	if env, ok := e.known[string(key)]; ok {
		return env, nil
	}
	env, err := e.base.Extend(options...)
	if err == nil {
		e.known[string(key)] = env
	}
	return env, err
}

func (e *environments) answer(q question) (answer, error) {
	env, err := e.get(q.Variables)
	if err != nil {
		return answer{}, err
	}
	parse := env.Compile
	if q.Check != nil && !*q.Check {
		parse = env.Parse
	}
	ast, issues := parse(q.Expression)
	if issues != nil && issues.Err() != nil {
		var found []issue
		for _, i := range issues.Errors() {
			found = append(found, issue{i.Message, i.Location.Line(), i.Location.Column()})
		}
		return answer{Issues: found}, nil
	}
	result := answer{Type: ast.OutputType().String()}
	if q.Eval != nil && !*q.Eval {
		return result, nil
	}
	values := map[string]any{}
	for name, v := range q.Variables {
		if values[name], err = decode(v.Type, v.Value); err != nil {
			return answer{}, fmt.Errorf("variable %s: %w", name, err)
		}
	}
	program, err := env.Program(ast)
	if err != nil {
		result.Error = err.Error()
		return result, nil
	}
	value, _, err := program.Eval(values)
	if err != nil {
		result.Error = err.Error()
		return result, nil
	}
	result.Value = encode(value)
	return result, nil
}

func run() error {
	base, err := cel.NewEnv(libraries()...)
	if err != nil {
		return err
	}
	all := environments{base, map[string]*cel.Env{}}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for decoder := json.NewDecoder(in); decoder.More(); {
		var q question
		if err := decoder.Decode(&q); err != nil {
			return err
		}
		a, err := all.answer(q)
		if err != nil {
			return fmt.Errorf("%q: %w", q.Expression, err)
		}
		if err := encoder.Encode(a); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "celoracle:", err)
		os.Exit(1)
	}
}
