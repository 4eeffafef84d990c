package cli

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bagnet/internal/fetch"
	"bagnet/internal/images"
	"bagnet/internal/library"
	"bagnet/internal/loader"
	"bagnet/internal/metadata"
	"bagnet/internal/testkit"
	"bagnet/models"
)

// test33 is a model like the official ones, whose file is that of the embedded
// model. It has no URL yet.
func test33() models.Model {
	m := models.Registry()[0]
	m.Name, m.Size, m.SHA256 = "test33", 0, m.SHA256[:8]
	m.File = "test33-" + m.SHA256 + ".safetensors"
	return m
}

// testModel puts test33 into the library. An empty cache is the user's, and the
// returned server has the file. requests counts what it was asked.
func testModel(t *testing.T) (m models.Model, server *httptest.Server, requests *atomic.Int32) {
	t.Helper()
	data, _ := models.Embedded(models.DefaultName)
	m = test33()
	requests = new(atomic.Int32)
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.URL.Path != "/files/"+m.File {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(server.Close)
	m.URL = server.URL + "/files/" + m.File
	before := known
	t.Cleanup(func() { known = before })
	known = library.Library{
		Models: append(models.Registry(), m),
		Client: fetch.Client{Stall: 5 * time.Second, Pause: time.Millisecond},
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("BAGNET_MODEL_BASE_URL", "")
	return m, server, requests
}

// want runs the command and checks its exit status and a piece of each stream.
func want(t *testing.T, code int, stdout, stderr string, args ...string) {
	t.Helper()
	gotCode, gotOut, gotErr := runMain(t, testkit.GolfBall(t), args...)
	if gotCode != code || !strings.Contains(gotOut, stdout) || !strings.Contains(gotErr, stderr) {
		t.Errorf("%q: exit status %d\nstdout: %s\nstderr: %s\nwant %d, %q and %q", args, gotCode, gotOut, gotErr, code, stdout, stderr)
	}
}

// TestFirstUse follows a model from its first use to a damaged copy and back.
func TestFirstUse(t *testing.T) {
	m, server, requests := testModel(t)
	want(t, exitModel, "", "model test33 is not downloaded", "classify", "-m", "test33", "--offline")
	if requests.Load() != 0 {
		t.Error("--offline used the network")
	}
	want(t, exitOK, "golf ball", "model test33: downloading http://127.0.0.1:", "classify", "-m", "test33", "-k1")
	want(t, exitOK, `"model":"test33"`, "", "classify", "-m", "test33", "-k1", "--format", "json")
	want(t, exitOK, "", "model test33 is there already: ", "models", "pull", "test33")
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	server.Close()

	// Now everything works without the network.
	dir := filepath.Join(os.Getenv("XDG_CACHE_HOME"), "bagnet")
	path := filepath.Join(dir, m.File)
	for _, args := range [][]string{
		{"classify", "-m", "test33"}, {"classify", "-m", "test33", "--offline"}, {"bench", "-m", "test33", "--runs", "1", "--size", "40"},
		{"heatmap", "-m", "test33", "--stride", "8", "-o", filepath.Join(t.TempDir(), "map.png")},
	} {
		want(t, exitOK, "", "", args...)
	}
	want(t, exitOK, path+"\n", "", "models", "path", "test33")
	want(t, exitOK, "license         MIT", "", "models", "info", "test33")
	want(t, exitOK, "name            test33", "", "models", "info", "test33")
	want(t, exitOK, "downloaded    8.4 MB  9146630b", "", "models", "list")
	want(t, exitOK, `"state":"downloaded","size":8360928,"sha256":"9146630b93b9`, "", "models", "list", "--format", "json")
	want(t, exitOK, "good  test33  8.4 MB  9146630b93b9", "", "models", "verify")
	want(t, exitOK, `"path":`+strconv.Quote(path), "", "models", "verify", "test33", "--format", "json")
	want(t, exitOK, "checked: whole SHA-256", "", "models", "verify", path)
	want(t, exitOK, "", "is there already", "models", "pull", "test33", "--offline")
	want(t, exitOK, "", "wrote ", "models", "convert", "test33", filepath.Join(t.TempDir(), "x.safetensors"))
	testkit.WantOnly(t, dir, m.File, m.File+".json", m.File+".lock")

	// One bit in the middle of the weights.
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 0x10
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	want(t, exitFailed, "", "bagnet: test33: ", "models", "verify", "test33")
	want(t, exitFailed, "good  bagnet33-imagenette", "it is not the right file", "models", "verify")
	want(t, exitFailed, `"good":false,"error":`, "does not begin with 9146630b", "models", "verify", path, "--format", "json")
	want(t, exitModel, "", "hint: run 'bagnet models pull test33' for another copy", "models", "pull", "test33", "--offline")
	// A download that fails leaves nothing that could be taken for the model.
	want(t, exitModel, "", "try again later, name a mirror in $BAGNET_MODEL_BASE_URL", "models", "pull", "test33")
	testkit.WantOnly(t, dir, m.File+".json", m.File+".lock")
}

// TestMend downloads again what was damaged.
func TestMend(t *testing.T) {
	m, _, requests := testModel(t)
	path := filepath.Join(os.Getenv("XDG_CACHE_HOME"), "bagnet", m.File)
	want(t, exitOK, "", "SHA-256 9146630b", "models", "pull", "test33")
	if err := os.Truncate(path, 1000); err != nil {
		t.Fatal(err)
	}
	want(t, exitOK, "", "it has 1000 bytes, not 8360928; downloading it again", "classify", "-m", "test33")
	want(t, exitOK, "good  test33", "", "models", "verify")
	want(t, exitOK, "", "wrote", "models", "pull", "--force", "test33")
	if n := requests.Load(); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
	want(t, exitOK, "", "", "--quiet", "models", "pull", "test33")
}

// TestPullSeveral has one model fail and the others come all the same.
func TestPullSeveral(t *testing.T) {
	m, server, _ := testModel(t)
	known.Models = append(known.Models, models.Model{Name: "gone", File: "gone", URL: server.URL + "/gone", SHA256: "01234567"})
	want(t, exitModel, "", "404 Not Found", "models", "pull", "gone", "nowhere", "test33", "test33")
	path := filepath.Join(os.Getenv("XDG_CACHE_HOME"), "bagnet", m.File)
	want(t, exitOK, path, "", "models", "path", "test33")
}

// TestMirror takes the file's name to another place.
func TestMirror(t *testing.T) {
	m, server, requests := testModel(t)
	m.URL = "http://nowhere.invalid/" + m.File
	known.Models = []models.Model{m}
	t.Setenv("BAGNET_MODEL_BASE_URL", server.URL+"/files/")
	want(t, exitOK, "", "model test33: wrote ", "models", "pull", "test33")
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// TestWrongMirror runs the program itself, with the models it knows: a mirror
// cannot give it other weights under their names.
func TestWrongMirror(t *testing.T) {
	data, _ := models.Embedded(models.DefaultName)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(data) }))
	defer server.Close()
	cache := t.TempDir()
	for _, args := range [][]string{{"models", "pull", "bagnet9", "bagnet33"}, {"classify", "-m", "bagnet33", "x.png"}} {
		cmd := exec.Command("bagnet", args...)
		cmd.Env = append(os.Environ(), "BAGNET_MODEL=", "XDG_CACHE_HOME="+cache, "BAGNET_MODEL_BASE_URL="+server.URL)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exitModel || !strings.Contains(string(out), "does not begin with 2ddd53ed") {
			t.Errorf("%q: exit status %d: %s", args, code, out)
		}
	}
	testkit.WantOnly(t, filepath.Join(cache, "bagnet"), "bagnet32-2ddd53ed.pth.tar.lock", "bagnet8-34f4ccd2.pth.tar.lock")
}

// TestRegistered holds what is registered against the models themselves.
func TestRegistered(t *testing.T) {
	for _, m := range known.Models {
		var registered metadata.Metadata
		if err := registered.Complete(m); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
		data, embedded := models.Embedded(m.Name)
		if !embedded {
			if *registered.Preprocessing != images.ImageNet() {
				t.Errorf("%s: preprocessing %+v", m.Name, registered.Preprocessing)
			}
			continue
		}
		checkpoint, err := loader.Read(m.Name, bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		actual, err := metadata.Parse(checkpoint.Metadata)
		if err != nil {
			t.Fatal(err)
		}
		if len(actual.Classes) != m.Classes {
			t.Errorf("%s has %d classes, registered are %d", m.Name, len(actual.Classes), m.Classes)
		}
		actual.Classes, registered.Strides, registered.Training = nil, actual.Strides, actual.Training
		if !reflect.DeepEqual(actual, registered) {
			t.Errorf("%s says %+v, registered is %+v", m.Name, actual, registered)
		}
	}
}
