//go:build carrier

package catalog

import (
	"encoding/json"
	"fmt"
)

// decode parses an embedded file, which is one of InJSON. It panics if the file is invalid, which the tests exclude.
func decode[T any](name string, text []byte) T {
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		panic(fmt.Sprintf("catalog: %s: %v", name, err))
	}
	return v
}
