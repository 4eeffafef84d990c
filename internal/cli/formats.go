package cli

import (
	"bagnet/internal/predictions"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// Output formats.
const (
	formatText = predictions.Text
	formatJSON = predictions.JSON
	formatCSV  = predictions.CSV
)

// writeJSON writes v to stdout as one line of JSON.
func writeJSON(s *terminal.Streams, v any) error {
	line, err := text.JSON(v)
	if err != nil {
		return err
	}
	return s.Write(line)
}
