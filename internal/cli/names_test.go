package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"bagnet/internal/testkit"
)

// TestHostileNames has file names that would break lines or drive a terminal.
func TestHostileNames(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems' file systems refuse such names")
	}
	ball := testkit.GolfBall(t)
	t.Chdir(t.TempDir())
	if err := os.Mkdir("d", 0o777); err != nil {
		t.Fatal(err)
	}
	names := []string{"new\nline.png", "tab\tquote\".png", "\x1b[31mred.png", "\xff.png", "right\u202eleft.png"}
	for _, name := range names {
		if err := os.WriteFile("d/"+name, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("d/good\n.png", ball, 0o666); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := runMain(t, nil, "classify", "-k1", "d")
	if code != exitFailed {
		t.Errorf("exit status %d", code)
	}
	if !strings.HasPrefix(stdout, `"d/good\n.png"`+"\tgolf ball\t") || strings.Count(stdout, "\n") != 1 {
		t.Errorf("stdout: %q", stdout)
	}
	if !utf8.ValidString(stderr) || strings.ContainsAny(stderr, "\t\x1b\u202e") || strings.Count(stderr, "\n") != len(names)+1 {
		t.Errorf("stderr: %q", stderr)
	}
	for _, quoted := range []string{`"d/new\nline.png": `, `"d/tab\tquote\".png": `, `"d/\x1b[31mred.png": `, `"d/\xff.png": `, `"d/right\u202eleft.png": `} {
		if !strings.Contains(stderr, "bagnet: "+quoted) {
			t.Errorf("stderr lacks %s:\n%s", quoted, stderr)
		}
	}
	// A record for each, on a line of its own.
	_, stdout, _ = runMain(t, nil, "classify", "--format", "json", "d")
	if strings.Count(stdout, "\n") != len(names)+1 || strings.Contains(stdout, "\x1b") {
		t.Errorf("stdout: %q", stdout)
	}
}

func TestTextFromFilesIsHarmless(t *testing.T) {
	labels := "zero\n1\n2\n3\n4\n5\n6\n7\nball <b>&amp; \u202e\n9\n"
	file := filepath.Join(t.TempDir(), "labels.txt")
	if err := os.WriteFile(file, []byte(labels), 0o666); err != nil {
		t.Fatal(err)
	}
	_, stdout, _ := runMain(t, testkit.GolfBall(t), "classify", "--labels", file)
	if !strings.Contains(stdout, `  ball <b>&amp; \u202e`+"\n") {
		t.Errorf("stdout: %q", stdout)
	}
	_, stdout, _ = runMain(t, testkit.GolfBall(t), "classify", "--labels", file, "--format", "json")
	if !bytes.Contains([]byte(stdout), []byte(`"label":"ball <b>&amp; `)) {
		t.Errorf("stdout: %q", stdout)
	}
}
