package text

import "strings"

// Markdown makes Markdown of a help text, in which indented lines, tables and JSON, stay
// lines.
func Markdown(help string) string {
	var lines []string
	inside := false
	for line := range strings.Lines(help) {
		line = strings.TrimRight(line, "\n")
		indented := strings.HasPrefix(line, "  ")
		if indented != inside && line != "" {
			lines, inside = append(lines, ""), indented
		}
		if indented {
			line = "    " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
