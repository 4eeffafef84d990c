package cli

import (
	"fmt"

	"bagnet/internal/output"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// drawEach writes what a report draws wherever it was asked for. What an interrupted run
// draws replaces nothing.
func drawEach(s *terminal.Streams, paths []string, interrupted bool, draw func(extension string) ([]byte, error)) error {
	for _, path := range paths {
		if interrupted && output.Exists(path) {
			s.Notef("interrupted: %s stays as it was", text.Path(path))
			continue
		}
		drawn, err := draw(output.Extension(path))
		if err != nil {
			return fmt.Errorf("writing %q: %w", path, err)
		}
		if err := output.WriteFile(path, drawn); err != nil {
			return err
		}
	}
	return nil
}
