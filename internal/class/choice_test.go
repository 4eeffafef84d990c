package class

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/hint"
)

// TestChoose names classes, and files that list some.
func TestChoose(t *testing.T) {
	all := classList("cock", "hen", "tench", "goldfish")
	t.Chdir(t.TempDir())
	list := strings.Repeat("\n", 3) + "\ufeff hen \r\n\n3\ntench"
	for name, text := range map[string]string{"list": list, "empty": " \n\n", "bad": "hen\nox\n", "one": "hen", "large": strings.Repeat("hen\n", 1<<20+1), "limit": strings.Repeat("hen\n", 1<<20-1) + "cock"} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("directory", 0o777); err != nil {
		t.Fatal(err)
	}
	for values, among := range map[string][]int{"": nil, "tench|cock": {0, 2}, "list": {1, 2, 3}, "3|list|hen": {1, 2, 3}, "one|cock": {0, 1}, "limit": {0, 1}} {
		c, err := Choose("--among", all, slices.DeleteFunc(strings.Split(values, "|"), func(s string) bool { return s == "" }))
		if err != nil || !slices.Equal(c.Among, among) || (c.Among == nil) != (values == "") {
			t.Errorf("%q: %+v, %v", values, c, err)
			continue
		}
		want := among
		if among == nil {
			want = []int{0, 1, 2, 3}
		}
		if len(c.Classes) != len(want) || len(c.Places) != len(all) {
			t.Fatalf("%q: %+v", values, c)
		}
		for i := range all {
			if place := slices.Index(want, i); c.Places[i] != place && (place >= 0 || c.Places[i] != None) || place >= 0 && c.Classes[place] != all[i] {
				t.Errorf("%q: %+v", values, c)
			}
		}
		settings, err := json.Marshal(c.Settings())
		indices, _ := json.Marshal(among)
		if expected := map[bool]string{true: "null", false: `{"Among":` + string(indices) + `}`}[among == nil]; err != nil || string(settings) != expected {
			t.Errorf("%q: %s, %v", values, settings, err)
		}
	}
	for values, message := range map[string]string{
		"hen":       "--among names 1 class: want two or more to choose among",
		"hen|one|1": "--among names 1 class: want two or more to choose among",
		"hen|ox":    "; nor is there a file of that name",
		"empty":     `--among: reading "empty": it names no classes: write one a line`,
		"bad":       `--among: reading "bad": line 2: `,
		"directory": `--among: reading "directory": it is a directory: give a file with a class a line`,
		"large":     `--among: reading "large": it has more than the 4194304 bytes allowed for a list of classes`,
	} {
		_, err := Choose("--among", all, strings.Split(values, "|"))
		if err == nil || !strings.HasPrefix(err.Error(), "--among") || !strings.Contains(err.Error(), message) || !hint.Refused(err) {
			t.Errorf("%q: %v, want %s", values, err, message)
		}
	}
}
