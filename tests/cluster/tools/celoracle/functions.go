package main

import "github.com/google/cel-go/cel"

// signature is one overload of a function.
type signature struct {
	ID        string   `json:"id"`
	Member    bool     `json:"member"`
	Arguments []string `json:"arguments"`
	Result    string   `json:"result"`
}

// functions are all that the checker knows, by name.
func functions(env *cel.Env) map[string][]signature {
	found := map[string][]signature{}
	for name, function := range env.Functions() {
		for _, overload := range function.OverloadDecls() {
			arguments := []string{}
			for _, argument := range overload.ArgTypes() {
				arguments = append(arguments, argument.String())
			}
			found[name] = append(found[name], signature{overload.ID(), overload.IsMemberFunction(), arguments, overload.ResultType().String()})
		}
	}
	return found
}

// macros are all that the parser expands: name, number of arguments, and whether called on a receiver.
func macros(env *cel.Env) []string {
	var found []string
	for _, macro := range env.Macros() {
		found = append(found, macro.MacroKey())
	}
	return found
}
