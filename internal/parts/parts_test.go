package parts

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/results"
	"bagnet/internal/testkit"
)

var flags = Flags{Part: "--piece", Force: "--over"}

// record is what shards record of an image.
type record struct {
	results.Head
	Value int `json:"value"`
}

// about and end are what the command says of a run and of a shard.
type (
	about struct{ Model string }
	end   struct{ Images int }
)

// Valid reports whether a is what write says.
func (a *about) Valid() bool { return a.Model == "mine" }

// undamaged finds nothing wrong with a record.
func undamaged(*record) string { return "" }

const run = "0123abcd"

func head(t *testing.T, shard, of int) Head {
	t.Helper()
	h, err := NewHead("count", run, dataset.Shard{Index: shard, Count: of}, "names", about{"mine"})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// told collects what a user is told.
type told []string

func (w *told) notice(text string) { *w = append(*w, text) }

// write makes a part of images that are numbered from n on.
func write(t *testing.T, path string, h Head, n, images int) {
	t.Helper()
	var w told
	part, err := Create(flags, path, h, false, w.notice)
	if err != nil {
		t.Fatal(err)
	}
	for i := range images {
		if err := part.Append(record{results.Head{Path: fmt.Sprint("image ", n+i), Run: run}, n + i}); err != nil {
			t.Fatal(err)
		}
	}
	if err := part.Finish(end{images}); err != nil || len(w) != 0 {
		t.Fatal(err, w)
	}
}

// values are the records' in a set of parts, and the ends'.
func values(t *testing.T, s Set) (all, ends []int) {
	t.Helper()
	said, err := Read[end](s, new(about))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range s {
		ends = append(ends, said[i].Images)
		for r, err := range Records(t.Context(), p, undamaged) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r.Value)
		}
	}
	return all, ends
}

func TestMerge(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"z", "a", "m"} {
		write(t, filepath.Join(dir, name), head(t, i, 3), 10*i, i)
	}
	for _, other := range []string{"b.part", ".hidden"} {
		if err := os.WriteFile(filepath.Join(dir, other), []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	os.Mkdir(filepath.Join(dir, "below"), 0o777)
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, paths := range [][]string{{dir}, {at("a"), at("m"), at("z")}, {at("z"), at("m"), at("a")}} {
		s, err := OpenAll("count", paths)
		if err != nil {
			t.Fatal(err)
		}
		all, ends := values(t, s)
		if !slices.Equal(all, []int{10, 20, 21}) || !slices.Equal(ends, []int{0, 1, 2}) {
			t.Errorf("%q: %v, %v", paths, all, ends)
		}
		s.Close()
	}
}

// TestGoOn cuts a part anywhere: the next process goes on, and makes the same one.
func TestGoOn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "p")
	write(t, path, head(t, 1, 2), 0, 3)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) + 1 {
		os.Remove(path)
		if err := os.WriteFile(path+".part", whole[:cut], 0o666); err != nil {
			t.Fatal(err)
		}
		var w told
		part, err := Create(flags, path, head(t, 1, 2), false, w.notice)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		earlier := 0
		for i := range 3 {
			at := results.Head{Path: fmt.Sprint("image ", i), Run: run}
			r, err := results.Next(part.File, at, func(*record) string { return "" })
			if err != nil {
				t.Fatal(err)
			}
			if r != nil {
				earlier++
				continue
			}
			if err := part.Append(record{at, i}); err != nil {
				t.Fatal(err)
			}
		}
		if err := part.Finish(end{3}); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if want := max(0, min(3, bytes.Count(whole[:cut], []byte("\n"))-1)); earlier != want {
			t.Errorf("cut at %d: %d records taken up, want %d", cut, earlier, want)
		}
		if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, whole) {
			t.Errorf("cut at %d: %v\n%s\nwant\n%s", cut, err, again, whole)
		}
		testkit.WantOnly(t, dir, "p")
	}
}

// TestThere has parts that are there already.
func TestThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "p")
	write(t, path, head(t, 0, 2), 0, 1)
	whole, _ := os.ReadFile(path)
	var w told
	if part, err := Create(flags, path, head(t, 0, 2), false, w.notice); part != nil || err != nil || len(w) != 0 {
		t.Fatal(part, err, w)
	}
	for reason, change := range map[string]func(*Head){
		"it is shard 0, not 1":                     func(h *Head) { h.Shard = 1 },
		"it is one of 2 shards, not of 3":          func(h *Head) { h.Of = 3 },
		"it is about other images":                 func(h *Head) { h.Names = "others" },
		"it is a part of count, not of add":        func(h *Head) { h.Command = "add" },
		"were others (run 0123abcd, not 76543210)": func(h *Head) { h.Run = "76543210" },
		"the settings were others":                 func(h *Head) { h.About = []byte(`{"Model":"yours"}`) },
	} {
		h := head(t, 0, 2)
		change(&h)
		_, err := Create(flags, path, h, false, w.notice)
		if err == nil || !hint.Refused(err) || !strings.HasPrefix(err.Error(), fmt.Sprintf("--piece: %q is there already and belongs to another run: ", path)) ||
			!strings.HasSuffix(err.Error(), reason) || hint.Of(err) != "--over replaces it; or give another name" {
			t.Errorf("%s: %v (%s)", reason, err, hint.Of(err))
		}
		// The same of one that is under way.
		begun := filepath.Join(dir, "q")
		if err := os.WriteFile(begun+".part", whole[:len(whole)-10], 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Create(flags, begun, h, false, w.notice); err == nil || !hint.Refused(err) || !strings.Contains(err.Error(), "q.part") {
			t.Errorf("under way, %s: %v", reason, err)
		}
		// But it can be replaced.
		part, err := Create(flags, path, h, true, w.notice)
		if err != nil {
			t.Fatal(err)
		}
		part.Abandon()
		if again, _ := os.ReadFile(path); !bytes.Equal(again, whole) {
			t.Error("replaced before it is complete")
		}
		os.Remove(path + ".part")
		os.Remove(begun + ".part")
	}
}

// TestNotOneRun names everything that is wrong with some parts.
func TestNotOneRun(t *testing.T) {
	dir := t.TempDir()
	at := func(i int) string { return filepath.Join(dir, fmt.Sprint(i)) }
	for i := range 20 {
		write(t, at(i), head(t, i, 20), 0, 1)
	}
	other := head(t, 3, 20)
	other.Names = "others"
	write(t, filepath.Join(dir, "other"), other, 0, 1)
	var last16 []string
	for i := 4; i < 20; i++ {
		last16 = append(last16, at(i))
	}
	for _, c := range []struct {
		paths         []string
		message, what string
	}{
		{last16, "of 20 shards shards 0, 1, 2, 3 are missing", "run what is missing"},
		{append(slices.Clone(last16), at(0), at(1), at(2)), "of 20 shards shard 3 is missing", "run what is missing"},
		{last16[:2], "of 20 shards shards 0, 1, 2, 3, 6, 7, 8, 9, 10, 11, and 8 more are missing", "run what is missing"},
		{append(slices.Clone(last16), at(0), at(1), at(2), at(3), at(5)), fmt.Sprintf("%q and %q are both shard 5 of 20", at(5), at(5)), "give the parts of one run"},
		{append(slices.Clone(last16), at(0), at(1), at(2), filepath.Join(dir, "other")),
			fmt.Sprintf("%q belongs to another run: it is about other images; of 20 shards shard 3 is missing", filepath.Join(dir, "other")), "run what is missing"},
	} {
		_, err := OpenAll("count", c.paths)
		if err == nil || err.Error() != c.message || !hint.Refused(err) || !strings.HasPrefix(hint.Of(err), c.what) {
			t.Errorf("%v (%s), want %s", err, hint.Of(err), c.message)
		}
	}
	if _, err := OpenAll("add", []string{at(0)}); err == nil || !strings.Contains(err.Error(), "it is a part of count, not of add") {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "7.part"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenAll("count", last16); err == nil || !strings.Contains(hint.Of(err), "7.part\" is under way or was stopped") {
		t.Errorf("%v (%s)", err, hint.Of(err))
	}
}

// TestDamagedParts cuts a part anywhere, and changes any of its lines.
func TestDamagedParts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	write(t, path, head(t, 0, 1), 0, 3)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// read reads everything.
	read := func(data []byte) error {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := OpenAll("count", []string{path})
		if err != nil {
			return err
		}
		defer s.Close()
		if _, err := Read[end](s, new(about)); err != nil {
			return err
		}
		n := 0
		for _, err := range Records(t.Context(), s[0], undamaged) {
			if err != nil {
				return err
			}
			n++
		}
		if n != 3 {
			return errors.New("too few")
		}
		return nil
	}
	if err := read(whole); err != nil {
		t.Fatal(err)
	}
	for cut := range whole {
		if err := read(whole[:cut]); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("part %q: ", path)) || strings.Contains(err.Error(), "too few") {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	for i := range lines[:len(lines)-1] {
		for _, instead := range []string{"{}\n", "x\n", `{"path":"image 1","run":"76543210","value":1}` + "\n"} {
			other := slices.Clone(lines)
			other[i] = []byte(instead)
			if err := read(bytes.Join(other, nil)); err == nil || strings.Contains(err.Error(), "too few") {
				t.Errorf("line %d is %s: %v", i, instead, err)
			}
		}
	}
	end := bytes.Replace(lines[4], []byte(`"path":""`), []byte(`"path":"image 3"`), 1)
	if err := read(append(bytes.Join(lines[:4], nil), end...)); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("%s as the last line: %v", end, err)
	}
	if _, err := OpenAll("count", []string{t.TempDir()}); err == nil || !strings.Contains(err.Error(), "no parts in directory") {
		t.Error(err)
	}
}

// never is about no run.
type never struct{}

func (never) Valid() bool { return false }

// TestOtherContents reads a part whose lines are whole, but not what a command wrote.
func TestOtherContents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "part")
	write(t, path, head(t, 0, 1), 0, 3)
	s, err := OpenAll("count", []string{path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := fmt.Sprintf("part %q: ", path)
	if _, err := Read[end](s, new(never)); err == nil || err.Error() != want+"its first line is damaged" {
		t.Error(err)
	}
	if _, err := Read[int](s, new(about)); err == nil || err.Error() != want+"its first or its last line is damaged" {
		t.Error(err)
	}
	var before []int
	odd := func(r *record) string {
		if r.Value == 1 {
			return "odd"
		}
		return ""
	}
	for r, e := range Records(t.Context(), s[0], odd) {
		if err = e; err == nil {
			before = append(before, r.Value)
		}
	}
	if !slices.Equal(before, []int{0}) || err == nil || err.Error() != want+"odd" {
		t.Errorf("%v, then %v", before, err)
	}
}
