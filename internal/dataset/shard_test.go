package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/hint"
)

// TestShardOf has shards be the whole, each thing once, and as large as each other.
func TestShardOf(t *testing.T) {
	for n := range 40 {
		for count := 1; count <= 12; count++ {
			next := 0
			for i := range count {
				first, last := (Shard{i, count}).of(n)
				if first != next || last-first < n/count || last-first > (n+count-1)/count {
					t.Errorf("shard %d of %d has %d to %d of %d", i, count, first, last, n)
				}
				next = last
			}
			if next != n {
				t.Errorf("%d shards have %d of %d", count, next, n)
			}
		}
	}
}

func TestParseShard(t *testing.T) {
	for text, want := range map[string]Shard{"0/1": {0, 1}, "7/8": {7, 8}, "007/10": {7, 10}, "0/1000000": {0, 1000000}} {
		if s, err := ParseShard(text); err != nil || s != want {
			t.Errorf("%s: %v, %v", text, s, err)
		}
	}
	for text, reason := range map[string]string{
		"": `"" is no shard`, "3": `"3" is no shard`, "a/3": "is no shard", "1/b": "is no shard", "1/2/3": "is no shard", " 0/3": "is no shard",
		"3/3": "no shard 3 among 3: they are 0 to 2", "-1/3": "no shard -1 among 3", "0/0": "0 shards: want 1 to 1000000", "0/-2": "-2 shards", "0/1000001": "1000001 shards",
	} {
		if s, err := ParseShard(text); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
}

// pathsOf are the paths of images.
func pathsOf(in *Images) (all []string) {
	for _, path := range in.Paths() {
		all = append(all, path)
	}
	return all
}

// find finds a request's images, which must be there.
func find(t *testing.T, r Request) *Images {
	t.Helper()
	in, _, err := Find(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestFindShard cuts directories, lists and tars into shards.
func TestFindShard(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	var list strings.Builder
	for i := range 11 {
		path := filepath.Join("set", fmt.Sprint(i%3), fmt.Sprintf("%d.png", i))
		os.MkdirAll(filepath.Dir(path), 0o777)
		if err := os.WriteFile(path, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&list, path)
	}
	if err := os.WriteFile("list.txt", []byte(list.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		writeTar(t, fmt.Sprintf("t-%d.tar", i), fmt.Sprintf("%d/a.png", i), fmt.Sprintf("%d/b.png", i), fmt.Sprintf("%d/c.png", i))
	}
	os.Mkdir("tars", 0o777)
	for i := range 3 {
		writeTar(t, filepath.Join("tars", fmt.Sprintf("%d.tar", i)), "x.png", "y.png")
	}
	for name, r := range map[string]Request{
		"directory": {Args: []string{"set"}}, "list": {List: "list.txt"}, "both": {Args: []string{"set/1", "set/2"}, List: "list.txt"},
		"tars": {Args: []string{"t-{0..3}.tar"}}, "named": {Tars: []string{"t-0.tar", "t-{1..3}.tar"}}, "in a directory": {Args: []string{"tars"}},
		"mixed": {Args: []string{"t-0.tar", "set", "tars"}},
	} {
		whole := pathsOf(find(t, r))
		names := map[string]bool{}
		for _, count := range []int{1, 2, 3, 4, 5, 20} {
			var all []string
			for i := range count {
				r.Shard = Shard{i, count}
				in := find(t, r)
				some := pathsOf(in)
				if len(some) != in.Total || !slices.Equal(pathsOf(in.Whole), whole) || in.Whole.Total >= 0 && in.Whole.Total != len(whole) {
					t.Errorf("%s, %v: %q of %q, said to be %d of %d", name, r.Shard, some, pathsOf(in.Whole), in.Total, in.Whole.Total)
				}
				if before := pathsOf(&Images{Seq: in.Before}); !slices.Equal(before, all) {
					t.Errorf("%s, %v: before it are %q, want %q", name, r.Shard, before, all)
				}
				names[in.Names+fmt.Sprint(in.Whole.Total < 0)] = true
				all = append(all, some...)
			}
			if !slices.Equal(all, whole) {
				t.Errorf("%s: %d shards have %q, want %q", name, count, all, whole)
			}
		}
		if len(names) > 2 || len(names) == 0 { // by images, and by tars
			t.Errorf("%s: names %v", name, names)
		}
	}
}

// TestShardsOfWholeTars gives each shard whole tars if there are enough of them, and opens
// no other one.
func TestShardsOfWholeTars(t *testing.T) {
	t.Chdir(t.TempDir())
	for i := range 5 {
		writeTar(t, fmt.Sprintf("%d.tar", i), "a.png", "b.png", "c.png")
	}
	r := Request{Args: []string{"{0..4}.tar"}}
	want := [][]string{{"0.tar/a.png", "0.tar/b.png", "0.tar/c.png"}, {"1.tar/a.png", "1.tar/b.png", "1.tar/c.png", "2.tar/a.png", "2.tar/b.png", "2.tar/c.png"}}
	for i, paths := range want {
		r.Shard = Shard{i, 3}
		if got := pathsOf(find(t, r)); !slices.Equal(got, paths) {
			t.Errorf("shard %v has %q, want %q", r.Shard, got, paths)
		}
	}
	names := find(t, r).Names
	for _, i := range []int{0, 3, 4} {
		if err := os.WriteFile(fmt.Sprintf("%d.tar", i), []byte("no tar"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if in := find(t, r); !slices.Equal(pathsOf(in), want[1]) || in.Names != names {
		t.Errorf("with other tars broken: %q", pathsOf(in))
	}
	for _, others := range []string{"{1..2}.tar", "{0..3}.tar", "{4..0}.tar", "{0,1,2,3,2}.tar"} {
		if other := find(t, Request{Args: []string{others}, Shard: Shard{1, 2}}); other.Names == names {
			t.Errorf("%s has the same names", others)
		}
	}
	// As many tars as shards are enough, whatever is in them.
	writeTar(t, "large.tar", "a.png", "b.png", "c.png")
	writeTar(t, "small.tar", "d.png")
	if got := pathsOf(find(t, Request{Args: []string{"large.tar", "small.tar"}, Shard: Shard{1, 2}})); !slices.Equal(got, []string{"small.tar/d.png"}) {
		t.Errorf("the second of two shards of two tars: %q", got)
	}
}

// TestStreamsHaveNoShards refuses parts of what nobody can count.
func TestStreamsHaveNoShards(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, r := range map[string]Request{
		"one image": {}, "an image beside others": {Args: []string{"a.png", "-"}}, "a list": {List: "-"}, "a tar": {Tars: []string{StreamName}},
	} {
		r.Shard, r.Stdin = Shard{0, 2}, strings.NewReader("a.png\n")
		if _, _, err := Find(t.Context(), r); err == nil || !hint.Refused(err) || !strings.Contains(err.Error(), "a shard of what comes from a stream") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// writeTar writes a tar of images of those names.
func writeTar(t *testing.T, path string, names ...string) {
	t.Helper()
	var files []file
	for _, name := range names {
		files = append(files, file{name: name, data: "x"})
	}
	if err := os.WriteFile(path, pack(t, files...), 0o666); err != nil {
		t.Fatal(err)
	}
}
