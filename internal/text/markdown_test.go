package text

import "testing"

func TestMarkdown(t *testing.T) {
	const help = "Lines run on\nhere.\n\nA table:\n  a  1\n  b  2\nand text.\n"
	const want = "Lines run on\nhere.\n\nA table:\n\n      a  1\n      b  2\n\nand text."
	if got := Markdown(help); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
