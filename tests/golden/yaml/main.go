// Answers of kubectl's own YAML reader, for pxguard to be compared with.
//
//	golden scalars       2,000 scalars, each with its answer as a value and as a key
//	golden files FOLDER  every manifest below the folder
//	golden stdin         one document stream
//
// An answer is JSON with sorted keys, or the word error. Documents that are empty or null have none.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/yaml"
)

const failure = "error"

func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func number(n json.Number) (string, error) {
	if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return strconv.FormatInt(i, 10), nil
	}
	f, err := n.Float64()
	if err != nil || math.IsInf(f, 0) {
		return "", errors.New("a number out of range")
	}
	text, err := json.Marshal(f)
	return string(text), err
}

// canonical appends the JSON with sorted keys to b.
func canonical(b *strings.Builder, value any) error {
	switch v := value.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case string:
		b.WriteString(quote(v))
	case json.Number:
		text, err := number(v)
		b.WriteString(text)
		return err
	case []any:
		b.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := canonical(b, element); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		b.WriteByte('{')
		for i, key := range keys {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quote(key))
			b.WriteByte(':')
			if err := canonical(b, v[key]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	}
	return nil
}

// A raw document, as kubectl takes it before it knows the kind.
type raw []byte

func (r *raw) UnmarshalJSON(text []byte) error {
	*r = append(raw(nil), text...)
	return nil
}

func answer(document raw) string {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return failure
	}
	var b strings.Builder
	if err := canonical(&b, value); err != nil {
		return failure
	}
	return b.String()
}

// Where the decoder can go no further it repeats its last error for ever.
func isFinal(err, last error) bool {
	if err == nil || last == nil {
		return false
	}
	var ofStream *json.SyntaxError
	var ofValue yaml.JSONSyntaxError
	if err.Error() == "decoding failed as both JSON and YAML" {
		return true
	}
	isJSON := errors.As(err, &ofStream) || errors.As(err, &ofValue) || errors.Is(err, io.ErrUnexpectedEOF)
	return isJSON && err.Error() == last.Error()
}

func answers(text []byte) []string {
	found := []string{}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	var last error
	for {
		var document raw
		err := decoder.Decode(&document)
		if err == io.EOF || isFinal(err, last) {
			return found
		}
		if err != nil {
			found = append(found, failure)
			last = err
			continue
		}
		last = nil
		if document = bytes.TrimSpace(document); len(document) == 0 || string(document) == "null" {
			continue
		}
		found = append(found, answer(document))
	}
}

func one(text string) string {
	found := answers([]byte(text))
	if len(found) != 1 {
		return failure
	}
	return found[0]
}

func printScalars(out io.Writer) {
	for _, scalar := range scalars(2000) {
		value := one("v: " + scalar + "\n")
		key := one("? " + scalar + "\n: 1\n")
		fmt.Fprintf(out, "[%s,%s,%s]\n", quote(scalar), quote(value), quote(key))
	}
}

func printFiles(out io.Writer, folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		extension := filepath.Ext(path)
		isManifest := extension == ".yaml" || extension == ".yml" || extension == ".json"
		if err != nil || entry.IsDir() || !isManifest {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "= %s\n", filepath.ToSlash(name))
		for _, line := range answers(text) {
			fmt.Fprintln(out, line)
		}
		return nil
	})
}

func run(arguments []string, out io.Writer) error {
	switch {
	case len(arguments) == 1 && arguments[0] == "scalars":
		printScalars(out)
		return nil
	case len(arguments) == 2 && arguments[0] == "files":
		return printFiles(out, arguments[1])
	case len(arguments) == 1 && arguments[0] == "stdin":
		text, err := io.ReadAll(os.Stdin)
		for _, line := range answers(text) {
			fmt.Fprintln(out, line)
		}
		return err
	}
	return errors.New("usage: golden scalars | files FOLDER | stdin")
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	err := run(os.Args[1:], out)
	out.Flush()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
