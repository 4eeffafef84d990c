//go:build unix

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBashWithoutPackage completes in a bash that has no package bash-completion.
func TestBashWithoutPackage(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	code, script, stderr := runMain(t, nil, "completion", "bash")
	if code != 0 {
		t.Fatalf("exit status %d: %s", code, stderr)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "script"), []byte(script), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ line, words, cword, want string }{
		{"bagnet cla", "bagnet cla", "1", "classify"},
		{"bagnet heatmap --class te", "bagnet heatmap --class te", "3", "tench"},
		{"bagnet heatmap --class=te", "bagnet heatmap --class = te", "4", "tench"}, // as bash cuts it
		{"bagnet heatmap --style ov", "bagnet heatmap --style ov", "3", "overlay"},
		{"bagnet heatmap --style=ov", "bagnet heatmap --style = ov", "4", "overlay"},
		{"bagnet classify --format j", "bagnet classify --format j photo.jpg", "3", "json"}, // the cursor is before the photograph
		{"bagnet attribute --method in", "bagnet attribute --method in", "3", "integrated-gradients"},
		{"bagnet attribute --layer st", "bagnet attribute --layer st", "3", "stem"},
		{"bagnet attribute --baseline wh", "bagnet attribute --baseline wh", "3", "white"},
		{"bagnet models pu", "bagnet models pu", "2", "pull"},
		{"bagnet man", "bagnet man", "1", "man"},
	} {
		cmd := exec.Command(bash, "--norc", "--noprofile", "-c", `
			bagnet() { command bagnet "$@"; }
			source ./script
			COMP_WORDS=(`+test.words+`) COMP_CWORD=`+test.cword+` COMP_TYPE=9
			COMP_LINE='`+test.line+`'
			COMP_POINT=${#COMP_LINE}
			compopt() { :; } # which only works while completing
			__start_bagnet
			echo "${COMPREPLY[@]}"`)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "BAGNET_MODEL=")
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != test.want {
			t.Errorf("%s: %q, %v; want %q", test.words, got, err, test.want)
		}
	}
}
