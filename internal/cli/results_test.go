package cli

import (
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/images"
	"bagnet/internal/library"
	"bagnet/internal/testkit"
)

// TestHostileLabels has names that are quotes, commas and formulas to a
// spreadsheet, and that turn the writing on a terminal.
func TestHostileLabels(t *testing.T) {
	ball := testkit.GolfBall(t)
	t.Chdir(t.TempDir())
	labels := []string{"zero", `"one", "two`, "dash - 2", "=3", "same", "same", "ü", strings.Repeat("long", 50), "ball \u202e <b>", "new;line"}
	if err := os.WriteFile("labels.txt", []byte(strings.Join(labels, "\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		name := filepath.Join("set", fmt.Sprint(i))
		if err := os.MkdirAll(name, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(name, "x.png"), ball, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := runMain(t, nil, "evaluate", "--labels", "labels.txt", "--confusion", "c.csv", "set")
	if code != exitOK {
		t.Fatalf("exit status %d: %s", code, stderr)
	}
	if strings.Contains(stdout, "\u202e") || !strings.Contains(stdout, `ball \u202e <b>`) {
		t.Errorf("stdout: %q", stdout)
	}
	for line := range strings.Lines(stdout) {
		if len([]rune(line)) > 101 {
			t.Errorf("more than 100 columns: %s", line)
		}
	}
	f, err := os.Open("c.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 11 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	want := slices.Clone(labels)
	want[4], want[5] = "same (4)", "same (5)"
	if !slices.Equal(rows[0][1:], want) {
		t.Errorf("columns %q, want %q", rows[0][1:], want)
	}
	for i, row := range rows[1:] {
		if row[0] != want[i] || row[9] != "1" { // all are taken for the ball
			t.Errorf("row %q", row)
		}
	}
}

// TestRunsOfEarlierVersions checks that unchanged settings give the identities
// that earlier versions gave them, whose results can be resumed. The text is what
// those hashed.
func TestRunsOfEarlierVersions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(file, []byte("weights"), 0o666); err != nil {
		t.Fatal(err)
	}
	net := &opened{source: library.Source{Path: file}, preprocessing: images.ImageNet(), classes: []class.Class{{Index: 0, ID: "n01", Label: "a"}}}
	before := fmt.Sprintf(`{"Weights":"%x","Preprocessing":{"resize":256,"crop":224,"interpolation":"bilinear",`+
		`"mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]},"Decoding":{"MaxPixels":5,"AutoOrient":true},`+
		`"Classes":[{"index":0,"id":"n01","label":"a"}]}`, sha256.Sum256([]byte("weights")))
	seen := map[string]images.Resize{}
	for _, c := range []struct {
		resize images.Resize
		text   string
	}{
		{images.Resize{Short: 256}, `"resize":256`},
		{images.Resize{}, `"resize":0`},
		{images.Resize{Width: 256, Height: 224}, `"resize":[224,256]`},
		{images.Resize{Width: 224, Height: 256}, `"resize":[256,224]`},
	} {
		net.preprocessing.Resize = c.resize
		got, err := net.identity(t.Context(), images.DecodeOptions{MaxPixels: 5, AutoOrient: true}, nil)
		sum := sha256.Sum256([]byte(strings.Replace(before, `"resize":256`, c.text, 1)))
		if want := fmt.Sprintf("%x", sum[:4]); err != nil || got != want {
			t.Errorf("%v: run %s, %v, want %s", c.resize, got, err, want)
		}
		if other, there := seen[got]; there {
			t.Errorf("%v and %v are one run", c.resize, other)
		}
		seen[got] = c.resize
	}
}
