package dataset

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/class"
)

// TestShards expands names as bash does.
func TestShards(t *testing.T) {
	t.Chdir(t.TempDir())
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	for _, name := range []string{
		"x-{000..012}.tar", "x-{0..3}.tar", "x-{8..11}.tar", "x-{08..11}.tar", "x-{0..010}.tar", "x-{3..1}.tar", "x-{03..1}.tar", "x-{5..5}.tar",
		"{train,val}-{0..1}.tar", "d{1..2}/x-{a,b,}.TAR", "x-{000000..000003}.tar",
		"x.tar", "x-{1}.tar", "x-{a..c.tar", "x-{}.tar", "x-{1...3}.tar", "{}{1,2}.tar",
	} {
		out, err := exec.Command(bash, "--norc", "-c", "printf '%s\\n' "+name).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Fields(string(out))
		got, err := shards(name)
		if got == nil {
			got = []string{name}
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"x-{0..3}.jpg", "x-{0..3}", "x-{-1..3}.tar"} { // which bash expands
		if got, err := shards(name); got != nil || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"{0..100000}.tar", "{0..999}{0..999}.tar", "{0..99999999999999999999}.tar", "{0..9}{1,2}{0..9999}.tar"} {
		if got, err := shards(name); got != nil || err == nil || !strings.Contains(err.Error(), "more than 100000 tars") {
			t.Errorf("%s: %d names, %v", name, len(got), err)
		}
	}
	if got, err := shards("{0..99999}.tar"); len(got) != maxShards || err != nil {
		t.Errorf("%d names, %v", len(got), err)
	}
	if err := os.WriteFile("x-{0..3}.tar", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := shards("x-{0..3}.tar"); got != nil || err != nil {
		t.Errorf("a file of that name: %q, %v", got, err)
	}
}

// TestFindTars finds images in tars wherever requests name them.
func TestFindTars(t *testing.T) {
	t.Chdir(t.TempDir())
	image := func(name string) file { return file{name: name, data: picture("")} }
	if err := os.MkdirAll("set/n01440764", 0o777); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"x-1.tar": pack(t, image("b.jpg"), image("a.jpg"), file{name: "c.heic"}), "x-2.tar": pack(t, image("2.jpg")), "data": pack(t, image("d.jpg")),
		"set/1.jpg": nil, "set/10.jpg": nil, "set/2.tar": pack(t, image("z/y.jpg"), file{name: "c.heic"}), "set/3.tar": pack(t), "set/4.tar.gz": nil,
		"set/n01440764/3.tar": pack(t, image("z.jpg")), "list": []byte("x-{1..2}.tar\n"), "rows.csv": []byte("x-2.tar/2.jpg,1\n"),
	} {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	stdin := pack(t, image("s.jpg"), file{name: "c.heic"})
	for _, test := range []struct {
		r     Request
		total int
		left  string
		want  string
	}{
		{Request{Args: []string{"x-1.tar", "x-2.tar"}}, 3, "1 .heic", "x-1.tar/b.jpg x-1.tar/a.jpg x-2.tar/2.jpg"},
		{Request{Args: []string{"x-{2..1}.tar"}}, 3, "1 .heic", "x-2.tar/2.jpg x-1.tar/b.jpg x-1.tar/a.jpg"},
		{Request{Args: []string{"x-{2..3}.tar"}}, 2, "", "x-2.tar/2.jpg x-3.tar!"},
		{Request{Tars: []string{"data", "x-{1..2}.tar"}, Args: []string{"set/1.jpg"}}, 5, "1 .heic", "set/1.jpg data/d.jpg x-1.tar/b.jpg x-1.tar/a.jpg x-2.tar/2.jpg"},
		{Request{List: "list"}, 3, "1 .heic", "x-1.tar/b.jpg x-1.tar/a.jpg x-2.tar/2.jpg"},
		{Request{Args: []string{"set"}}, 4, "1 .heic", "set/1.jpg set/2.tar/z/y.jpg set/10.jpg set/n01440764/3.tar/z.jpg"},
		{Request{Args: []string{"./set"}}, 4, "1 .heic", "./set/1.jpg ./set/2.tar/z/y.jpg ./set/10.jpg ./set/n01440764/3.tar/z.jpg"},
		{Request{Args: []string{"set/3.tar", "set/4.tar.gz"}}, 2, "", "set/3.tar! set/4.tar.gz!"},
		{Request{Tars: []string{"-", "data"}}, -1, "", "-/s.jpg data/d.jpg"},
		{Request{Tars: []string{"-"}, List: "list"}, -1, "", "-/s.jpg x-1.tar/b.jpg x-1.tar/a.jpg x-2.tar/2.jpg"},
		{Request{Tars: []string{"set", "none"}}, 2, "", "set! none!"},
	} {
		test.r.Stdin = bytes.NewReader(stdin)
		in, left, err := Find(t.Context(), test.r)
		if err != nil {
			t.Fatal(err)
		}
		if in.Total != test.total || left.String() != test.left {
			t.Errorf("%+v: %d images, left out %v, want %d, %s", test.r, in.Total, left, test.total, test.left)
		}
		var got []string
		for m := range in.Seq {
			if m.Err != nil {
				m.Path += "!"
			}
			got = append(got, m.Path)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%+v: %q, want %s", test.r, got, test.want)
		}
	}
}

// TestTarTruth prefers lists, then what is beside the image, then the directories in the
// tar, then its name.
func TestTarTruth(t *testing.T) {
	t.Chdir(t.TempDir())
	data := pack(t,
		file{name: "n01440764/a.jpg", data: picture("")}, file{name: "n01440764/a.cls", data: "1"},
		file{name: "n01440764/b/c.jpg", data: picture("")},
		file{name: "1/d.jpg", data: picture("")},
		file{name: "e.jpg", data: picture("")},
		file{name: "f.jpg", data: picture("")}, file{name: "f.cls", data: "\xff"},
		file{name: "g.jpg", data: picture("")}, file{name: "g.cls", data: "no class"},
		file{name: "n01440764/h.jpg", data: picture("")}, file{name: "n01440764/h.json", data: `{"label": 1.0}`},
		file{name: "n01440764/i.jpg", data: picture("")}, file{name: "n01440764/i.cls", data: "0001"},
	)
	for _, name := range []string{"x.tar", "1.tar", "n01440764.tar", "n01440764"} {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("list.csv", []byte("n01440764.tar/e.jpg,1\na.jpg,0\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	none := class.None
	for _, test := range []struct {
		tar   string
		lists []string
		want  []int
	}{
		{"x.tar", nil, []int{1, 0, 1, none, none, none, 1, 1}},
		{"1.tar", nil, []int{1, 0, 1, none, none, none, 1, 1}},
		{"n01440764.tar", nil, []int{1, 0, 1, 0, none, none, 1, 1}},
		{"n01440764", nil, []int{1, 0, 1, 0, none, none, 1, 1}},
		{"-", nil, []int{1, 0, 1, none, none, none, 1, 1}},
		{"n01440764.tar", []string{"list.csv"}, []int{0, none, none, 1, none, none, none, none}},
	} {
		truth, err := NewTruth(truthClasses, test.lists)
		if err != nil {
			t.Fatal(err)
		}
		in, _, err := Find(t.Context(), Request{Tars: []string{test.tar}, Stdin: bytes.NewReader(data)})
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for m := range in.Seq {
			got = append(got, truth.Of(m))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: classes %d, want %d; unknown %v", test.tar, got, test.want, truth.Unknown)
		}
		if reason := "in no directory of the tar"; (truth.Unknown[reason] > 0) != (test.tar[0] == '1' || test.tar == "-") {
			t.Errorf("%s: unknown %v", test.tar, truth.Unknown)
		}
	}

	// Of one output numbers say nothing, those of tars' names least.
	for name, numbered := range map[string]string{"n01440764.tar": "0001", "x.tar": "0001"} {
		truth, _ := NewTruth(truthClasses[:2], nil)
		truth.OneOutput = true
		in, _, _ := Find(t.Context(), Request{Args: []string{name}})
		for m := range in.Seq {
			truth.Of(m)
		}
		if truth.Numbered != numbered {
			t.Errorf("%s: numbered %q, want %q", name, truth.Numbered, numbered)
		}
	}
	truth, _ := NewTruth(truthClasses[:2], nil)
	truth.OneOutput = true
	truth.Of(Image{Path: "1.tar/a.jpg", Root: "1.tar", tar: "1.tar"})
	if truth.Numbered != "" {
		t.Errorf("the number of a tar is taken for a class: %q", truth.Numbered)
	}
}

// TestTarStreams holds no more of a stream than a sample, and nothing where it ends.
func TestTarStreams(t *testing.T) {
	large := strings.Repeat("x", 300_000)
	var files []file
	for i := range 20 {
		files = append(files, file{name: fmt.Sprintf("%d.jpg", i), data: picture(large)}, file{name: fmt.Sprintf("%d.cls", i), data: "1"})
	}
	data := pack(t, files...)
	source := bytes.NewReader(data)
	i := 0
	streamTar(t.Context(), "-", source, LeftOut{}, func(m Image) bool {
		i++
		read, most := len(data)-source.Len(), i*(len(large)+4*blockSize)+2*streamAhead
		if read > most || m.Err != nil {
			t.Errorf("%d bytes read for %d images, want at most %d; %v", read, i, most, m.Err)
		}
		return i < 10
	})
	if i != 10 {
		t.Errorf("%d images", i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	streamTar(ctx, "-", bytes.NewReader(data), LeftOut{}, func(Image) bool {
		n++
		cancel()
		return true
	})
	if n > 2 {
		t.Errorf("%d images after the context's end", n)
	}

	// Samples of many images are held up to a limit.
	held := 0
	endless := &repeated{sample: pack(t, file{name: "a.0.jpg", data: picture(large)})}
	streamTar(t.Context(), "-", endless, LeftOut{}, func(m Image) bool {
		if held++; held == 1 && endless.n > maxSample+2 {
			t.Errorf("%d images read before the first is there", endless.n)
		}
		return held < 100
	})
	if held != 100 {
		t.Errorf("%d images", held)
	}
}

// repeated is a tar without end of the file in sample, each time with another name.
type repeated struct {
	sample []byte
	n, at  int
}

func (r *repeated) Read(p []byte) (int, error) {
	body := r.sample[:len(r.sample)-2*blockSize]
	if r.at == 0 {
		r.n++
		copy(body, fmt.Sprintf("a.%d.jpg\x00", r.n))
		sum := int64(0)
		copy(body[148:156], "        ")
		for _, b := range body[:blockSize] {
			sum += int64(b)
		}
		copy(body[148:156], fmt.Sprintf("%06o\x00 ", sum))
	}
	n := copy(p, body[r.at:])
	r.at = (r.at + n) % len(body)
	return n, nil
}

// TestListOfStream refuses to hold more of a stream than there should be room for.
func TestListOfStream(t *testing.T) {
	block := make([]byte, 100<<20)
	in := &Images{Total: -1, Seq: func(yield func(Image) bool) {
		for yield(Image{Path: "a.jpg", Data: block}) {
		}
	}}
	if _, err := in.List(t.Context()); err == nil || !strings.Contains(err.Error(), "more than 1024 MiB") {
		t.Errorf("a large stream: %v", err)
	}
}
