package class

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadLabels(t *testing.T) {
	plain := []Class{{0, "", "tench"}, {1, "", "English springer, springer spaniel"}, {2, "", "tench"}}
	tsv := []Class{{0, "n01440764", "tench, Tinca tinca"}, {1, "", "Wörterbuch"}, {2, "n3", "church"}}
	for _, l := range []struct {
		text string
		want []Class
	}{
		{"tench\nEnglish springer, springer spaniel\ntench", plain},
		{"tench\nEnglish springer, springer spaniel\ntench\n", plain},
		{"\ufefftench \r\nEnglish springer, springer spaniel\r\ntench\r\n\r\n \n", plain},
		{"0\tn01440764\ttench, Tinca tinca\n1\t\tWörterbuch\n2\tn3\tchurch\n", tsv},
		{"\ufeff2\tn3\tchurch\r\n0\tn01440764\ttench, Tinca tinca\r\n1\t\tWörterbuch\r\n\r\n", tsv},
		{"0", []Class{{0, "", "0"}}},
	} {
		got, err := ReadLabels("l.txt", strings.NewReader(l.text))
		if err != nil || !reflect.DeepEqual(got, l.want) {
			t.Errorf("%q: %v, %v; want %v", l.text, got, err, l.want)
		}
	}
}

func TestReadLabelsErrors(t *testing.T) {
	for _, l := range []struct{ text, want string }{
		{"", "it is empty"},
		{"\ufeff\r\n\n", "it is empty"},
		{"a\n\nb\n", "line 2: it has no label"},
		{"a\nb\tc\n", "line 2:"},
		{"a\nb\x00c\n", "line 2:"},
		{"a\nb\xffc\n", "line 2: it is not UTF-8"},
		{"caf\xe9\nthe\n", "line 1: it is not UTF-8, perhaps Latin-1: save it as UTF-8"},
		{"0\tn1\ta\n2\tn2\tb\n", "line 2: index 2 is not among 0 to 1"},
		{"0\tn1\ta\n2\tn2\tb\n", "line 2: index 2 is not among 0 to 1, as 2 lines need"},
		{"0\tn1\ta\n-1\tn2\tb\n", "line 2: index -1"},
		{"0\tn1\ta\n1\tn2\tb\n1\tn3\tc\n", "line 3: index 1 stands on line 2 already"},
		{"0\tn1\ta\nx\tn2\tb\n", `line 2: "x" is not an index`},
		{"0\ta\tb\tc\n1\tb\n", "line 1: \"0\\ta\\tb\\tc\" has 4 fields"},
		{"1\ta\n2\tb\n", "line 2: index 2 is not among 0 to 1: the indices count from 1"},
		{"1,a\n2,b\n", "line 2: index 2 is not among 0 to 1: the indices count from 1"},
		{"index,label\n2,b\n1,a\n", "line 2: index 2 is not among 0 to 1: the indices count from 1"},
		{"n02119789 1 kit_fox\nn02100735 2 English_setter\n", "development kit"},
		{`{"0": "a", "0": "b"}`, "entry 2: index 0 stands on entry 1 already"},
		{`{"0": "a", "2": "b"}`, "entry 2: index 2 is not among 0 to 1"},
		{`{"a": "b"}`, `entry 1: "a" is not an index`},
		{`["a", 1]`, `entry 2: "1" is neither a label nor`},
		{`["a", null]`, `entry 2: "null" is neither`},
		{`["a", ["b", "c"]]`, `entry 2:`},
		{`["a", " "]`, `entry 2: it has no label`},
		{`["a\u0000"]`, `entry 1: "a\x00" has control characters`},
		{`[]`, "it is empty"},
		{`{}`, "it is empty"},
		{"0\tn1\ta\n1\tn2\tb\tc\n", "line 2:"},
		{"0\tn1\ta\n\n1\tn2\tb\n", "line 2:"},
		{"0\tn1\ta\n1\tn2\t\n2\tn3\tc\n", "line 2: it has no label"},
		{strings.Repeat("x", maxLabels+1), "more than the"},
	} {
		_, err := ReadLabels("l.txt", strings.NewReader(l.text))
		if err == nil || !strings.Contains(err.Error(), l.want) || !strings.HasPrefix(err.Error(), `reading labels "l.txt": `) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: %v, want %q", l.text, err, l.want)
		}
	}
	if _, err := ReadLabels("l.txt", strings.NewReader(strings.Repeat("x", maxLabels))); err != nil {
		t.Errorf("as many bytes as are allowed: %v", err)
	}
	broken := errors.New("broken pipe")
	if _, err := ReadLabels("l.txt", iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

func TestPlainClasses(t *testing.T) {
	want := []Class{{0, "", "class 0"}, {1, "", "class 1"}}
	if got := PlainClasses(2); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestReadLabelsFormats has the lists that people have. The answers are what
// Python's json, csv and ast.literal_eval make of them.
func TestReadLabelsFormats(t *testing.T) {
	plain := []Class{{0, "", "tench"}, {1, "", "great white shark, white shark"}}
	both := []Class{{0, "n01440764", "tench, Tinca tinca"}, {1, "n01443537", "goldfish"}}
	utf16 := func(text string, low, high int) string { // of ASCII
		data := make([]byte, 2*len(text))
		for i := range len(text) {
			data[2*i+low], data[2*i+high] = text[i], 0
		}
		return string(data)
	}
	for text, want := range map[string][]Class{
		"n01440764 tench, Tinca tinca\nn01443537 goldfish\n":                                          both,
		"n01440764\ttench, Tinca tinca\r\nn01443537\tgoldfish\r\n":                                    both,
		"n01443537\nn01440764\n":                                                                      {{0, "n01443537", "n01443537"}, {1, "n01440764", "n01440764"}},
		"n01440764 tench\ngoldfish\n":                                                                 {{0, "", "n01440764 tench"}, {1, "", "goldfish"}},
		"n01440764\ngoldfish\n":                                                                       {{0, "", "n01440764"}, {1, "", "goldfish"}},
		"1\tgreat white shark, white shark\n0\ttench\n":                                               plain,
		`["tench", "great white shark, white shark"]`:                                                 plain,
		`{"1": "great white shark, white shark", "0": "tench"}`:                                       plain,
		"{\n \"tench\": 0,\n \"great white shark, white shark\": 1\n}\n":                              plain,
		`{"0": ["n01440764", "tench, Tinca tinca"], "1": ["n01443537", "goldfish"]}`:                  both,
		`[["n01440764", "tench, Tinca tinca"], ["n01443537", "goldfish"]]`:                            both,
		`{"model_type": "resnet", "id2label": {"0": "tench", "1": "great white shark, white shark"}}`: plain,
		"0,tench\n1,\"great white shark, white shark\"\n":                                             plain,
		"1,up\n1,down\n": {{0, "", "1,up"}, {1, "", "1,down"}}, // no numbers of outputs
		"1,great white shark, white shark\n0,tench\n":                              plain,
		"\ufeffindex,label\r\n0,tench\r\n1,\"great white shark, white shark\"\r\n": plain,
		"class_name,class_id\ntench,0\n\"great white shark, white shark\",1\n":     plain,
		"0;tench\n1;great white shark, white shark\n":                              plain,
		"{0: 'tench',\n 1: \"great white shark, white shark\"}\n":                  plain,
		"{0: 'Tinca\\'s'}": {{0, "", "Tinca's"}},
		// labels after all
		"1,2-dichloroethane\nbenzene\n": {{0, "", "1,2-dichloroethane"}, {1, "", "benzene"}},
		"7,a\n9,b\n":                    {{0, "", "7,a"}, {1, "", "9,b"}},
		"index,label\nx,y\n":            {{0, "", "index,label"}, {1, "", "x,y"}},
		"class,name\n":                  {{0, "", "class,name"}},
		"[a]\n{b}\n":                    {{0, "", "[a]"}, {1, "", "{b}"}},
		"\xff\xfe" + utf16("tench\r\ngoldfish\r\n", 0, 1): {{0, "", "tench"}, {1, "", "goldfish"}},
		"\xfe\xff" + utf16("[\"tench\"]", 1, 0):           {{0, "", "tench"}},
	} {
		got, err := ReadLabels("l.txt", strings.NewReader(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
}
