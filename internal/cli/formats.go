package cli

import (
	"bagnet/internal/flagvalue"
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

// printRow writes v to stdout as JSON, if that is the format, or as its line.
func printRow(s *terminal.Streams, v interface{ Row() string }, format flagvalue.Choice) error {
	if format.Value == formatJSON {
		return writeJSON(s, v)
	}
	return s.Write([]byte(v.Row()))
}

// printShown is printRow for what has a text for people, which is printed where they read.
func printShown(s *terminal.Streams, v interface {
	Row() string
	Text() string
}, format flagvalue.Choice) error {
	if format.Value != formatJSON && terminal.Is(s.Out) {
		return s.Write([]byte(v.Text()))
	}
	return printRow(s, v, format)
}
