// Command celspec writes the simple conformance tests of the CEL specification as JSON.
//
// The specification keeps them as protobuf text beside the messages they are instances of, in the Go module cel.dev/expr; here they become
// a list of {"suite": "conformance/FILE'S NAME/SECTION", "original": SimpleTest as protobuf's JSON}, in the order of the files.
//
// Usage: celspec DIRECTORY OUTPUT, where DIRECTORY is that of the module.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	_ "cel.dev/expr/conformance/proto2" // messages that the tests hold
	_ "cel.dev/expr/conformance/proto3"
	testpb "cel.dev/expr/conformance/test"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/prototext"
)

type test struct {
	Suite    string          `json:"suite"`
	Original json.RawMessage `json:"original"`
}

func read(path string) ([]test, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file testpb.SimpleTestFile
	if err := prototext.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var tests []test
	for _, section := range file.GetSection() {
		for _, simple := range section.GetTest() {
			original, err := protojson.Marshal(simple)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", path, simple.GetName(), err)
			}
			tests = append(tests, test{"conformance/" + file.GetName() + "/" + section.GetName(), original})
		}
	}
	return tests, nil
}

func run(directory, output string) error {
	paths, err := filepath.Glob(filepath.Join(directory, "tests", "simple", "testdata", "*.textproto"))
	if err != nil {
		return err
	}
	var tests []test
	for _, path := range paths {
		found, err := read(path)
		if err != nil {
			return err
		}
		tests = append(tests, found...)
	}
	if len(tests) == 0 {
		return fmt.Errorf("no tests in %s", directory)
	}
	text, err := json.Marshal(tests)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(output), 0o755); err != nil {
		return err
	}
	fmt.Println(len(tests), "tests of the specification written")
	return os.WriteFile(output, text, 0o644)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: celspec DIRECTORY OUTPUT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "celspec:", err)
		os.Exit(1)
	}
}
