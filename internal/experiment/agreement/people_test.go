package agreement

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
)

// file writes a file and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

const header = "subj,Session,trial,rt,object_response,category,condition,imagename\n"

// TestPeople holds kappa and accuracies of two subjects and a network, on the same images
// under other names, against scikit-learn's (scripts/make_bias_goldens.py).
func TestPeople(t *testing.T) {
	var want struct {
		Classes    []string
		Truth      []int
		Given      [][]int // of two subjects and the network; -1 is no response
		Accuracies []float64
		Kappas     map[string]float64
	}
	data, err := os.ReadFile("testdata/people.json")
	if err == nil {
		err = json.Unmarshal(data, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	classes := classList(want.Classes...)
	dir := t.TempDir()
	for subject := range 2 {
		var rows strings.Builder
		rows.WriteString(header)
		for i, truth := range want.Truth {
			response := "na"
			if r := want.Given[subject][i]; r >= 0 {
				response = want.Classes[r]
			}
			fmt.Fprintf(&rows, "subject-0%d,1,%d,0.8,%s,%s,cr,%04d_cl_s0%d_cr_x_40_n0123_%d.png\n", subject+1, i, response, want.Classes[truth], i, subject+1, i)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("s%d.csv", subject)), []byte(rows.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	people, err := ReadPeople([]string{dir}, "", classes)
	if err != nil {
		t.Fatal(err)
	}
	net := &experiment.Measured[Record]{NetworkSummary: experiment.NetworkSummary{Model: "net"}, Classes: classes}
	run := experiment.NewRun[Record](&Experiment{}, 0, nil, 0)
	for i, truth := range want.Truth {
		path := fmt.Sprintf("session-1/%04d_cl_dnn_cr_x_40_n0123_%d.JPEG", 999-i, i)
		run.Chosen = append(run.Chosen, dataset.Image{Path: path, Ordinal: i})
		if got := people.Class(path); got != truth {
			t.Fatalf("%s is of class %d, want %d", path, got, truth)
		}
		net.Labels = append(net.Labels, truth)
		net.Results = append(net.Results, experiment.Result[Record]{Path: path, Ordinal: i, Class: truth, Value: Record{classes[want.Given[2][i]], 0.5}})
	}
	// Two images more, one that nobody saw and one whose class nobody knows.
	for i := range 2 {
		run.Chosen = append(run.Chosen, dataset.Image{Path: fmt.Sprintf("unseen%d.png", i), Ordinal: 60 + i})
		net.Labels = append(net.Labels, i-1)
		net.Results = append(net.Results, experiment.Result[Record]{Ordinal: 60 + i, Class: 0, Value: Record{classes[0], 0.5}})
	}
	run.Networks = []*experiment.Measured[Record]{net}
	if err := people.Join(run); err != nil {
		t.Fatal(err)
	}
	r, err := NewReport(run, 5)
	if err != nil {
		t.Fatal(err)
	}
	if r.Compared != 60 || len(r.Networks) != 3 {
		t.Fatalf("%d images, %d networks", r.Compared, len(r.Networks))
	}
	golden := map[string]int{"subject-01": 0, "subject-02": 1, "net": 2}
	for _, n := range r.Networks {
		if got := n.Top1.Value(); math.Abs(got-want.Accuracies[golden[n.Model]]) > 1e-12 {
			t.Errorf("%s: accuracy %v, want %v", n.Model, got, want.Accuracies[golden[n.Model]])
		}
		if n.Model != "net" && (n.Family != "trials" || n.Measured != 60 || n.Failed != 1 || n.Unlabelled != 1) {
			t.Errorf("%+v", n.NetworkSummary)
		}
	}
	for _, p := range r.Pairs {
		a, b := golden[p.Models[0]], golden[p.Models[1]]
		if k := want.Kappas[fmt.Sprint(min(a, b), " ", max(a, b))]; math.Abs(float64(p.Kappa)-k) > 1e-12 {
			t.Errorf("%v: kappa %v, want %v", p.Models, p.Kappa, k)
		}
	}
}

// TestNoResponse is no common answer: two who do not respond do not agree on a class.
func TestNoResponse(t *testing.T) {
	a := &experiment.Answers{Labels: []int{0, 0, 1}, Given: [][]experiment.Answer{{{Class: -1}, {Class: 1}, {Class: -1}}, {{Class: -1}, {Class: 1}, {Class: 1}}}}
	if n := a.Agreement(0, 1); n != (experiment.Agreement{SecondRight: 1, BothWrong: 2, SameAnswer: 1}) {
		t.Errorf("%+v", n)
	}
}

func TestReadPeople(t *testing.T) {
	classes := classList("bear", "cat")
	const trial = "p,1,1,NaN,cat,bear,c30,a_b_1.png\n"
	for name, tc := range map[string]struct{ text, condition, want string }{
		"empty":             {"", "", "it is empty: want a header with the columns subj, object_response, category, condition, imagename"},
		"no column":         {"subj,object_response,category,condition\n", "", `its header lacks the column "imagename"`},
		"no trials":         {header, "", `no trials of condition ""`},
		"another condition": {header + trial, "c50", `no trials of condition "c50"`},
		"unknown class":     {header + "p,1,1,0,cat,dog,c30,a.png\n", "", `line 2: "dog" is none of the entry-level classes`},
		"unknown response":  {header + trial + "p,1,1,0,dog,cat,c30,a.png\n", "", `line 3: "dog" is none`},
		"a number":          {header + "p,1,1,0,1,cat,c30,a.png\n", "", `line 2: "1" is none`},
		"short":             {header + "p,1,1\n", "", "line 2: it has 3 fields, the header more"},
		"twice":             {header + trial + trial, "", `line 3: p decides on image "a_b_1.png" twice`},
		"quotes":            {header + "\"p", "", "line"},
	} {
		if _, err := ReadPeople([]string{file(t, "t.csv", tc.text)}, tc.condition, classes); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	if _, err := ReadPeople([]string{t.TempDir()}, "", classes); err == nil || !strings.Contains(err.Error(), "has no files .csv of trials") {
		t.Errorf("empty directory: %v", err)
	}
	if _, err := ReadPeople([]string{filepath.Join(t.TempDir(), "none.csv")}, "", classes); err == nil || !strings.Contains(err.Error(), "reading trials") {
		t.Errorf("no file: %v", err)
	}
	// Columns in another order and spelling, a directory whose name has a pattern's letters,
	// and trials of other conditions, whatever they say.
	dir := filepath.Join(t.TempDir(), "a[1]*")
	if err := os.Mkdir(dir, 0o777); err == nil {
		text := "\ufeffimagename,Condition,category,object_response,subject,more\nx_7.png,c30,bear,NA,q,\nx_7.png,c50,nothing,at all,q,\n"
		if err := os.WriteFile(filepath.Join(dir, "t.csv"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		p, err := ReadPeople([]string{dir}, "c30", classes)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok, err := p.of("y/7.jpg", 0); !ok || err != nil || got.response != class.None || got.category != 0 || p.subjects[0] != "q" {
			t.Errorf("%+v, %v, %v", got, ok, err)
		}
	}
}

// TestShortNames finds trials by what names have in common, and by all of it where that is
// not enough.
func TestShortNames(t *testing.T) {
	classes := classList("bear", "cat")
	p, err := ReadPeople([]string{file(t, "t.csv", header+
		"p,1,1,0,cat,bear,c30,0001_con_s01_c30_bear_10_n02132136_1.png\np,1,2,0,cat,cat,c50,0002_con_s01_c50_n02132136_1.png\n"+
		"p,1,3,0,bear,bear,NaN,airplane1-bicycle2.png\nr,1,3,0,cat,cat,NaN,z_airplane1-bicycle2.png\n"+
		"p,1,4,0,cat,cat,NaN,x_n01440764_77.png\n")}, "", classes)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"d/0002_con_s01_c50_n02132136_1.png":        1, // by its whole name
		"d/0001_con_s01_c30_bear_10_n02132136_1.gz": 0,
		"0009_con_dnn_c30_n02132136_1.png":          class.None, // which of the two?
		"airplane1-bicycle2.png":                    0,          // the first subject's
		"1.png":                                     class.None,
		"y_n01440764_77.png":                        1,
		"y_n02102040_77.png":                        class.None, // another class's 77
		"x_n02132136_2.png":                         class.None,
	} {
		if got := p.Class(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	join := func(path string, label int, model string) error {
		run := experiment.NewRun[Record](&Experiment{}, 0, []dataset.Image{{Path: path}}, 1)
		run.Networks = []*experiment.Measured[Record]{{NetworkSummary: experiment.NetworkSummary{Model: model}, Labels: []int{label}, Classes: classes}}
		return p.Join(run)
	}
	for _, tc := range []struct {
		path  string
		label int
		model string
		want  string
	}{
		{"a.png", 0, "net", ""},
		{"a.png", 0, "p", `the trials have a subject "p", which is what a network is called too`},
		{"0009_con_dnn_c30_n02132136_1.png", 0, "net", `p decides on two like it, "0001_con_s01_c30_bear_10_n02132136_1" and "0002_con_s01_c50_n02132136_1"`},
		{"airplane1-bicycle2.png", 0, "net", `it is of class "cat" by r's trial, but "bear" by another's`},
	} {
		if err := join(tc.path, tc.label, tc.model); (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.path, err, tc.want)
		}
	}
}
