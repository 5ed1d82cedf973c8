// Command celoracle answers what cel-go, with the libraries that kro registers except kro's own, makes of expressions.
//
// It reads one JSON object a line and writes one JSON object a line, in the same order:
//
//	in:  {"expression": "…", "declared": {"a": {"type": "list(int)"}, "b": {"schema": {…}}}, "values": {"a": […], "b": {…}}}
//	out: {"type": "int", "value": ["int", "3"]}
//	     {"issues": [{"message": "…", "line": 1, "column": 0}]}   refused when compiled; column from 0, as cel-go counts; line 0 where
//	                                                              the checked expression cannot be made a program
//	     {"type": "int", "error": "…"}                            compiled, but the evaluation failed
//
// With "check": false nothing is type-checked, and with "eval": false nothing is evaluated. {"list": true} asks for all functions and macros.
// Types are bool, int, uint, double, string, bytes, timestamp, duration, null, dyn, list(T), map(K, V) and optional(T); a schema is
// OpenAPI's, and its values are seen as Kubernetes' validation rules see those of a custom resource.
// Values are JSON read by their type: dyn takes whole numbers as int and others as double, bytes are base64, timestamps RFC 3339,
// durations Go's notation. Results are tagged pairs, see encode.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

type question struct {
	Expression string                     `json:"expression"`
	Declared   json.RawMessage            `json:"declared"`
	Values     map[string]json.RawMessage `json:"values"`
	Check      *bool                      `json:"check"`
	Eval       *bool                      `json:"eval"`
	List       bool                       `json:"list"`
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

	Functions map[string][]signature `json:"functions,omitempty"`
	Macros    []string               `json:"macros,omitempty"`
}

func (known environments) answer(q question) (answer, error) {
	environment, err := known.get(q.Declared)
	if err != nil {
		return answer{}, err
	}
	if q.List {
		return answer{Functions: functions(environment.env), Macros: macros(environment.env)}, nil
	}
	parse := environment.env.Compile
	if q.Check != nil && !*q.Check {
		parse = environment.env.Parse
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
	values, err := environment.values(q.Values)
	if err != nil {
		return answer{}, err
	}
	program, err := environment.env.Program(ast)
	if err != nil {
		return answer{Issues: []issue{{err.Error(), 0, 0}}}, nil
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
	known := environments{}
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
		a, err := known.answer(q)
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
