package testkit

import (
	"encoding/json"
	"os"
	"testing"
)

// ReadGolden reads the JSON file path, which another program has written, into a T.
func ReadGolden[T any](t testing.TB, path string) (golden T) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	return golden
}
