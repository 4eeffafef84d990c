package text

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// JSON returns v as one line of JSON, in which <, > and & are themselves.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding JSON: %w", err)
	}
	return b.Bytes(), nil
}
