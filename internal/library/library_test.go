package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bagnet/internal/fetch"
	"bagnet/internal/hint"
	"bagnet/internal/network"
	"bagnet/internal/testkit"
	"bagnet/models"
)

const weightsFile = "stand-ins for weights, which nobody here reads"

func digits(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// shelf is a library of three models, an embedded one, one that can be downloaded from a
// server, and one that a user has to bring, with an empty cache.
func shelf(t *testing.T) (Library, string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/far.pth" && r.URL.Path != "/mirror/far.pth" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, weightsFile)
	}))
	t.Cleanup(server.Close)
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("BAGNET_MODEL_BASE_URL", "")
	own := slices.IndexFunc(models.Registry(), func(m models.Model) bool { return m.Name == models.DefaultName })
	return Library{
		Models: []models.Model{
			models.Registry()[own],
			{Name: "far", File: "far.pth", URL: server.URL + "/far.pth", SHA256: digits(weightsFile)[:8]},
			{Name: "hand", Source: "authors"},
		},
		Client: fetch.Client{Attempts: 1, Pause: time.Millisecond},
	}, filepath.Join(cache, "bagnet")
}

func TestLookup(t *testing.T) {
	l, _ := shelf(t)
	for name, want := range map[string]Kind{models.DefaultName: Embedded, "far": Downloadable, "hand": Manual, "Far": File, "": File, "./far": File, "bagnet9-imagenette": File} {
		m, kind := l.Lookup(name)
		if kind != want || (kind == File) != (m == models.Model{}) || kind != File && m.Name != name {
			t.Errorf("%q: %+v, %v, want %v", name, m, kind, want)
		}
	}
	if names := l.Usable(); !slices.Equal(names, []string{models.DefaultName, "far"}) {
		t.Errorf("usable are %q", names)
	}
}

func TestName(t *testing.T) {
	t.Setenv("BAGNET_MODEL", "theirs")
	if Name("mine") != "mine" || Name("") != "theirs" {
		t.Errorf("%q, %q", Name("mine"), Name(""))
	}
	t.Setenv("BAGNET_MODEL", "")
	if Name("") != models.DefaultName {
		t.Errorf("%q", Name(""))
	}
}

// wantError checks an error's text and its hint's.
func wantError(t *testing.T, err error, message, what string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), message) || !strings.Contains(hint.Of(err), what) || what == "" && hint.Of(err) != "" {
		t.Errorf("%v (%q), want %s (%s)", err, hint.Of(err), message, what)
	}
}

// TestResolve finds models of each kind, and files, which may be called like none.
func TestResolve(t *testing.T) {
	l, dir := shelf(t)
	t.Chdir(t.TempDir())
	s, err := l.Resolve(t.Context(), models.DefaultName)
	if err != nil || s != (Source{Name: models.DefaultName, Known: l.Models[0]}) {
		t.Errorf("%+v, %v", s, err)
	}
	_, err = l.Resolve(t.Context(), "far")
	wantError(t, err, "model far is not downloaded", "run 'bagnet models pull far', or copy far.pth to ")
	if m, ok := errors.AsType[*MissingError](err); !ok || m.Name != "far" {
		t.Errorf("%#v", err)
	}
	_, err = l.Resolve(t.Context(), "hand")
	wantError(t, err, "model hand cannot be downloaded: no licence is stated for its weights", "get its checkpoint from the authors")
	_, err = l.Resolve(t.Context(), "nowhere")
	wantError(t, err, `no model is called "nowhere", and there is no such file`, "models known by name: "+models.DefaultName+", far;")
	_, err = l.Resolve(t.Context(), "sub/nowhere")
	wantError(t, err, `opening model "sub/nowhere": no such file`, "")
	_, err = l.Resolve(t.Context(), ".")
	wantError(t, err, "it is a directory", "")
	for _, name := range []string{"hand", "mine.pth"} { // what a user brought
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if s, err := l.Resolve(t.Context(), name); err != nil || s != (Source{Path: name}) {
			t.Errorf("%+v, %v", s, err)
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "far.pth")
	for contents, problem := range map[string]string{weightsFile: "", strings.ToUpper(weightsFile): "it is not the right file"} {
		os.Remove(path + ".json")
		if err := os.WriteFile(path, []byte(contents), 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := l.Resolve(t.Context(), "far")
		state, _, stateErr := StateOf(t.Context(), l.Models[1])
		if problem != "" {
			wantError(t, err, problem, "run 'bagnet models pull far' for another copy")
			if state != StateDamaged || stateErr != nil {
				t.Errorf("%s, %v", state, stateErr)
			}
		} else if err != nil || s != (Source{"far", path, l.Models[1]}) || state != StateDownloaded || stateErr != nil {
			t.Errorf("%+v, %v, %s, %v", s, err, state, stateErr)
		}
	}
}

// pulled collects what a download reports.
type pulled struct {
	progress, done int
	notices        []string
}

func (p *pulled) report(models.Model) Report {
	return Report{func(_, _ int64) { p.progress++ }, func() { p.done++ }, func(text string) { p.notices = append(p.notices, text) }}
}

func TestPullNamed(t *testing.T) {
	l, dir := shelf(t)
	var p pulled
	path, now, err := l.PullNamed(t.Context(), models.DefaultName, true, false, p.report)
	if path != "" || now || err != nil {
		t.Errorf("%q, %v, %v", path, now, err)
	}
	_, _, err = l.PullNamed(t.Context(), "nowhere", false, false, p.report)
	wantError(t, err, `no model is called "nowhere"`, "models that can be had: "+models.DefaultName+", far")
	_, _, err = l.PullNamed(t.Context(), "hand", false, false, p.report)
	wantError(t, err, "no licence is stated", "get its checkpoint from the authors")
	_, _, err = l.PullNamed(t.Context(), "far", false, true, p.report)
	wantError(t, err, "model far is not downloaded", "bagnet models pull far")
	if p.progress != 0 || p.done != 0 || p.notices != nil {
		t.Errorf("%+v", p)
	}
	want := filepath.Join(dir, "far.pth")
	for i, force := range []bool{false, false, true} {
		p = pulled{}
		path, now, err := l.PullNamed(t.Context(), "far", force, false, p.report)
		if path != want || now != (i != 1) || err != nil || p.done != 1 || (p.progress > 0) != now {
			t.Errorf("%q, %v, %v, %+v", path, now, err, p)
		}
		wrote := fmt.Sprintf("wrote %s, %d bytes, SHA-256 %s", want, len(weightsFile), digits(weightsFile))
		if now != slices.Contains(p.notices, wrote) {
			t.Errorf("%q, want %s", p.notices, wrote)
		}
	}
	if path, now, err := l.PullNamed(t.Context(), "far", false, true, p.report); path != want || now || err != nil {
		t.Errorf("%q, %v, %v", path, now, err)
	}
	testkit.WantOnly(t, dir, "far.pth", "far.pth.json", "far.pth.lock")

	l.Models[1].SHA256 = digits("something else")
	_, _, err = l.PullNamed(t.Context(), "far", true, false, p.report)
	wantError(t, err, "model far: ", "nothing of it was kept; name another mirror")
	l.Models[1].URL += "/gone"
	_, _, err = l.PullNamed(t.Context(), "far", true, false, p.report)
	wantError(t, err, "404 Not Found", "try again later, name a mirror")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err = l.PullNamed(ctx, "far", true, false, p.report); err != context.Canceled {
		t.Errorf("%v", err)
	}
}

// TestObtain has a download only where one is needed and allowed.
func TestObtain(t *testing.T) {
	l, dir := shelf(t)
	var p pulled
	for _, name := range []string{models.DefaultName, "hand", "nowhere"} {
		if err := l.Obtain(t.Context(), name, false, p.report); err != nil || p.done > 0 {
			t.Errorf("%s: %v, %+v", name, err, p)
		}
	}
	wantError(t, l.Obtain(t.Context(), "far", true, p.report), "model far is not downloaded", "bagnet models pull far")
	for range 2 {
		if err := l.Obtain(t.Context(), "far", false, p.report); err != nil || p.done != 1 {
			t.Errorf("%v, %+v", err, p)
		}
	}
	if err := l.Obtain(t.Context(), "far", true, p.report); err != nil {
		t.Error(err)
	}
	names, err := l.Every()
	if err != nil || !slices.Equal(names, []string{models.DefaultName, "far"}) {
		t.Errorf("%q, %v", names, err)
	}
	other := filepath.Join(dir, "other.pth")
	if err := os.WriteFile(other, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if names, err := l.Every(); err != nil || !slices.Equal(names, []string{models.DefaultName, "far", other}) {
		t.Errorf("%q, %v", names, err)
	}
}

func TestCached(t *testing.T) {
	l, dir := shelf(t)
	for base, want := range map[string]string{"": l.Models[1].URL, "http://mirror/x": "http://mirror/x/far.pth", "https://mirror": "https://mirror/far.pth", "ftp://mirror": "", "http://": "", "mirror": ""} {
		t.Setenv("BAGNET_MODEL_BASE_URL", base)
		f, err := Cached(l.Models[1])
		if (err == nil) != (want != "") || err == nil && (f.URL != want || f.Path != filepath.Join(dir, "far.pth") || f.SHA256 != l.Models[1].SHA256) {
			t.Errorf("%q: %+v, %v", base, f, err)
		}
	}
	t.Setenv("XDG_CACHE_HOME", "here")
	_, err := Dir()
	wantError(t, err, `$XDG_CACHE_HOME is "here": want an absolute path`, "")
	if state, _, err := StateOf(t.Context(), l.Models[1]); state != StateDownloadable || err != nil {
		t.Errorf("%s, %v", state, err)
	}
}

// TestSources opens and reads an embedded model, and a file.
func TestSources(t *testing.T) {
	l, _ := shelf(t)
	embedded := Source{Name: models.DefaultName, Known: l.Models[0]}
	data, _ := models.Embedded(models.DefaultName)
	path := filepath.Join(t.TempDir(), "copy.safetensors")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, s := range []Source{embedded, {Path: path}} {
		d, err := s.Digest(t.Context())
		if err != nil || d.SHA256 != l.Models[0].SHA256 || d.Size != l.Models[0].Size {
			t.Errorf("%+v, %v", d, err)
		}
		n, err := s.Open(network.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		if want := map[bool]string{true: models.DefaultName, false: "copy.safetensors"}[s.Path == ""]; n.Name != want {
			t.Errorf("called %q, want %q", n.Name, want)
		}
	}
	for name, want := range map[string]Verification{
		models.DefaultName: {Name: models.DefaultName, Checked: "whole SHA-256"},
		path:               {Name: path, Path: path, Checked: "whole SHA-256"},
	} {
		want.Model, want.Size, want.SHA256 = models.DefaultName, l.Models[0].Size, l.Models[0].SHA256
		if v, err := l.Verify(t.Context(), name); err != nil || v != want {
			t.Errorf("%+v, %v", v, err)
		}
	}
	named := filepath.Join(filepath.Dir(path), "x-01234567.safetensors")
	if err := os.WriteFile(named, data, 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := l.Verify(t.Context(), named)
	wantError(t, err, "does not begin with 01234567", "")
}
