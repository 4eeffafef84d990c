//go:build linux

package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/loader"
	"bagnet/internal/metadata"
	"bagnet/internal/output"
	"bagnet/internal/testkit"
	"bagnet/internal/text"
	"bagnet/models"
)

// hostileLabels are names of ten classes that would break terminals, pages or
// directories if they were taken as they are.
var hostileLabels = []string{
	"../../x", "CON", "a/b", " ", "dots...", "\x1b[31mred\x07", "new\nline\r\ttab", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "right\u202eleft\x00nul, " + strings.Repeat("długi ", 500),
}

// hostileModel writes the embedded model with these labels, under a name to match.
func hostileModel(t *testing.T, dir, name string) string {
	t.Helper()
	data, _ := models.Embedded(models.DefaultName)
	checkpoint, err := loader.Read("embedded", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var classes []metadata.StoredClass
	for _, label := range hostileLabels {
		classes = append(classes, metadata.StoredClass{Label: label})
	}
	list, err := json.Marshal(classes)
	if err != nil {
		t.Fatal(err)
	}
	checkpoint.Metadata["classes"] = string(list)
	var tensors []loader.Named
	for _, name := range checkpoint.Names() {
		tensors = append(tensors, loader.Named{Name: name, Tensor: checkpoint.Tensor(name), DType: checkpoint.DType(name)})
	}
	var out bytes.Buffer
	if err := loader.WriteSafetensors(&out, tensors, checkpoint.Metadata); err != nil {
		t.Fatal(err)
	}
	return put(t, dir, name, out.Bytes())
}

// checkOutput sees that text for people is lines of what can be printed.
func checkOutput(t *testing.T, what, shown string) {
	t.Helper()
	for line := range strings.Lines(shown) {
		if plain := strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", ""); !text.Printable(plain) {
			t.Errorf("%s has the line %q", what, line)
		}
	}
}

// TestFaultsLabels runs everything that shows labels, with a model and images
// whose names are hostile too.
func TestFaultsLabels(t *testing.T) {
	t.Parallel()
	skipRace(t)
	dir := t.TempDir()
	const modelName = "-<b>\x1b[7m\"\xff\n.safetensors"
	model := filepath.Base(hostileModel(t, dir, modelName))
	names := []string{"-o", "new\nline.png", "\x1b[31m.png", "\xff.png", "<i>.png", strings.Repeat("n", 251) + ".png", ".png", "..png", "a\tb,\"c\".png"}
	for _, name := range names {
		writeScene(t, filepath.Join(dir, "in", name), 64, 64, 1)
	}
	var all []string
	for _, name := range names {
		all = append(all, "in/"+name)
	}
	deep := strings.Repeat("d/", 800) + "x.png" // longer than a path may be in one call on some systems
	writeScene(t, filepath.Join(dir, deep), 64, 64, 2)
	all = append(all, deep)
	run := func(args ...string) fault {
		t.Helper()
		f := runFault(t, dir, nil, append(quickly(append(args, "-m", model)...), append([]string{"--"}, all...)...)...)
		if f.code != exitOK {
			t.Fatalf("%q: exit status %d: %.2000s", args, f.code, f.stderr)
		}
		checkOutput(t, args[0]+"'s stderr", f.stderr)
		return f
	}

	for _, args := range [][]string{{"classify", "-k0"}, {"classify", "-k1"}} {
		f := run(args...)
		checkOutput(t, "classify", f.stdout)
	}
	f := run("classify", "-k0", "--format", "json")
	lines := strings.Split(strings.TrimSuffix(f.stdout, "\n"), "\n")
	for i, line := range lines {
		var r struct {
			Path        string
			Predictions []class.Class
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if want := strings.ToValidUTF8(all[i], "\ufffd"); r.Path != want {
			t.Errorf("path %q, want %q", r.Path, want)
		}
		for _, p := range r.Predictions {
			if p.Label != hostileLabels[p.Index] {
				t.Errorf("label %q, want %q", p.Label, hostileLabels[p.Index])
			}
		}
	}
	if len(lines) != len(all) {
		t.Errorf("%d objects, want %d", len(lines), len(all))
	}
	f = run("classify", "-k1", "--format", "csv")
	rows, err := csv.NewReader(strings.NewReader(f.stdout)).ReadAll()
	if err != nil || len(rows) != 1+len(all) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, row := range rows[1:] {
		if row[0] != all[i] {
			t.Errorf("path %q, want %q", row[0], all[i])
		}
	}

	// Every picture lands in the directory asked for, and says what it shows.
	maps := []string{"heatmap", "--stride", "8", "-o", "maps"}
	for class := range hostileLabels {
		maps = append(maps, "-c", strconv.Itoa(class))
	}
	f = run(maps...)
	checkOutput(t, "heatmap", f.stdout)
	entries, err := os.ReadDir(filepath.Join(dir, "maps"))
	if err != nil || len(entries) != len(all)*len(hostileLabels) {
		t.Errorf("%d pictures (%v), want %d", len(entries), err, len(all)*len(hostileLabels))
	}
	label := regexp.MustCompile(`\.[\pL\pN_-]+\.heatmap\.png$`)
	for _, e := range entries {
		if !label.MatchString(e.Name()) || len(e.Name()) > output.LongestName {
			t.Errorf("picture %q", e.Name())
		}
		f, err := os.Open(filepath.Join(dir, "maps", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts, err := heatmap.ReadTexts(f)
		f.Close()
		if err != nil || len(texts) < 10 {
			t.Errorf("%q has %d texts, %v", e.Name(), len(texts), err)
		}
		for _, text := range texts {
			checkOutput(t, text.Key, text.Value)
		}
	}

	// The page of all sheets has nothing in it but text where names are.
	f = run("top-patches", "-c", "all", "-o", "sheets")
	checkOutput(t, "top-patches", f.stdout)
	page, err := os.ReadFile(filepath.Join(dir, "sheets", "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	ours := regexp.MustCompile(`^<(/\w+|!DOCTYPE html|html lang="en"|head|meta [^<>]*|title|style|body|h1|h2|p|nav|section id="class\d"|a href="#class\d"|a href="top-patches\.[\pL\pN_.-]+\.png"|img src="top-patches\.[\pL\pN_.-]+\.png" width="\d+" height="\d+" loading="lazy" alt="[^"<>]*")>$`)
	for _, tag := range regexp.MustCompile(`<[^>]*>`).FindAllString(string(page), -1) {
		if !ours.MatchString(tag) {
			t.Errorf("the page has the tag %q", tag)
		}
	}
	checkOutput(t, "the page", string(page))
	checkOutput(t, "models info", runFault(t, dir, nil, "models", "info", "--", model).stdout)
	f = runFault(t, dir, nil, append(quickly("evaluate", "-m", model, "--confusion", "c.png", "--confusion", "c.csv"), "--", "in")...)
	checkOutput(t, "evaluate", f.stderr)
	testkit.WantOnly(t, dir, modelName, "d", "in", "maps", "sheets")
}

// TestFaultsLists has labels in lists.
func TestFaultsLists(t *testing.T) {
	t.Parallel()
	skipRace(t)
	dir := t.TempDir()
	writeScene(t, filepath.Join(dir, "a.png"), 64, 64, 1)
	put(t, dir, "escape.txt", []byte(strings.Repeat("x\n", 9)+"\x1b[31m\n"))
	put(t, dir, "invalid.txt", []byte(strings.Repeat("x\n", 9)+"\xff\n"))
	put(t, dir, "nul.tsv", []byte("0\tn\x00\ta\n"))
	put(t, dir, "truth.csv", []byte("a.png,\x1b[31mred"+strings.Repeat("x", 100_000)+"\n"))
	put(t, dir, "quote.csv", []byte("a.png,\"never closed\n"))
	put(t, dir, "utf8.csv", []byte("a.png,\xff\n"))
	for _, test := range []struct {
		args []string
		text string
	}{
		{[]string{"classify", "--labels", "escape.txt", "a.png"}, `line 10: "\x1b[31m" has control characters`},
		{[]string{"classify", "--labels", "invalid.txt", "a.png"}, "line 10: it is not UTF-8, perhaps Latin-1"},
		{[]string{"classify", "--labels", "nul.tsv", "a.png"}, "has control characters"},
		{[]string{"evaluate", "--truth", "truth.csv", "a.png"}, `names no class of the model`},
		{[]string{"evaluate", "--truth", "quote.csv", "a.png"}, `reading list of classes "quote.csv"`},
		{[]string{"evaluate", "--truth", "utf8.csv", "a.png"}, "line 1: want a path and a class"},
		{[]string{"heatmap", "--class", "\x1b[31mred" + strings.Repeat("x", 100_000), "a.png"}, "the model has no class"},
	} {
		f := runFault(t, dir, nil, quickly(test.args...)...)
		f.checkMessage(t, test.text)
		if f.code != exitUsage {
			t.Errorf("%q: exit status %d", test.args[:2], f.code)
		}
		if len(f.stderr) > 2000 {
			t.Errorf("%q: a message of %d bytes", test.args[:2], len(f.stderr))
		}
	}
}

// TestPlaceNames makes names of files out of any.
func TestPlaceNames(t *testing.T) {
	p, err := output.NewPlaces("-o", t.TempDir(), ".heatmap.png", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ image, class, want string }{
		{"a/b.png", "golf ball, other", "b.golf_ball.heatmap.png"},
		{"b.jpg", "golf ball", "b-2.golf_ball.heatmap.png"},
		{"B.png", "Golf ball", "B-3.Golf_ball.heatmap.png"}, // one name to file systems that ignore case
		{"b-2.png", "golf ball", "b-2-2.golf_ball.heatmap.png"},
		{".png", "..", "image.class.heatmap.png"},
		{"b.png", "../../x", "b.x.heatmap.png"},
		{"b.png", "", "b.class.heatmap.png"},
		{strings.Repeat("ü", 125) + ".png", strings.Repeat("ß", 100), strings.Repeat("ü", 87) + "." + strings.Repeat("ß", 30) + ".heatmap.png"},
	} {
		if got := filepath.Base(p.Next(test.image, test.class)); got != test.want {
			t.Errorf("%q, %q: %q, want %q", test.image, test.class, got, test.want)
		}
	}
}
