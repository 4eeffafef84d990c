package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"bagnet/internal/testkit"
	"bagnet/models"
)

// TestMain also puts bagnet on the PATH of scripts and tests, npycat to look into its
// arrays, and untimed to compare its reports.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"bagnet": bagnetProcess,
		"npycat": npycat,
		"untimed": func() {
			if err := printUntimed(os.Args[1]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		},
	})
}

// bagnetProcess is what TestMain runs as the program bagnet. It knows test33, a
// model at $BAGNET_TEST_URL, and leaves its peak of resident memory, in KiB, in
// $BAGNET_TEST_PEAK.
func bagnetProcess() {
	if url := os.Getenv("BAGNET_TEST_URL"); url != "" {
		m := test33()
		m.URL = url
		known.Models = append(models.Registry(), m)
	}
	code := Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if path := os.Getenv("BAGNET_TEST_PEAK"); path != "" {
		status, _ := os.ReadFile("/proc/self/status")
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		rest, _, _ = strings.Cut(rest, "kB")
		os.WriteFile(path, []byte(strings.TrimSpace(rest)), 0o666)
	}
	os.Exit(code)
}

// npycat prints the shape of a float32 array, then its rows.
func npycat() {
	data, err := os.ReadFile(os.Args[1])
	if err == nil {
		var rows [][]float32
		if rows, err = testkit.ParseNPY(data); err == nil {
			fmt.Println(len(rows), "rows")
			for _, row := range rows {
				fmt.Println(row)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// printUntimed prints the report in a file without what depends on the clock.
func printUntimed(path string) error {
	report, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var fields map[string]any
	if err := json.Unmarshal(report, &fields); err != nil {
		return err
	}
	delete(fields, "seconds")
	delete(fields, "images_per_second")
	return json.NewEncoder(os.Stdout).Encode(fields)
}

func TestScripts(t *testing.T) {
	files := map[string][]byte{"ball.png": testkit.GolfBall(t)}
	for file, golden := range map[string]string{"resnet.safetensors": "resnet-basic", "vgg.safetensors": "vgg", "densenet.safetensors": "densenet", "alexnet.safetensors": "alexnet"} {
		data, err := os.ReadFile(filepath.Join("..", "convnet", "testdata", golden+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		files[file] = data
	}
	files["one.safetensors"] = keepOutputs(t, "model", "v1-q17", 3) // whose logit of the picture is 1.1105
	files["two.safetensors"] = keepOutputs(t, "model", "v1-q17", 1, 3)
	files["bare.safetensors"] = withClasses(t, "../model/testdata/v1-q17", 10) // without metadata
	files["one-resnet.safetensors"] = keepOutputs(t, "convnet", "resnet-basic", 1)
	for file, golden := range map[string]string{"75x50.png": "model/testdata/input-75x50.png", "50x41.png": "convnet/testdata/input-50x41.png", "v1.safetensors": "model/testdata/v1-q17.safetensors"} {
		data, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(golden)))
		if err != nil {
			t.Fatal(err)
		}
		files[file] = data
	}
	maps.Copy(files, severalNetworks(t))
	scripts, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts (%v)", len(scripts), err)
	}
	if raceDetector { // which takes minutes for these, and sees as much in other tests of what they run
		scripts = slices.DeleteFunc(scripts, func(s string) bool {
			name := filepath.Base(s)
			return strings.HasPrefix(name, "experiment_") || name == "shards.txtar" || name == "records.txtar"
		})
	}
	testscript.Run(t, testscript.Params{
		Files:               scripts,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("BAGNET_MODEL", "")
			env.Setenv("MODELS", filepath.Join(testkit.Root(t), "models"))
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			env.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector makes each process wait a second
			for file, data := range files {
				if err := os.WriteFile(filepath.Join(env.WorkDir, file), data, 0o666); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits,
		},
	})
}

// exits runs a program that must end with a certain status:
//
//	exits STATUS PROGRAM [ARG...]
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// runMain runs the command in this process.
func runMain(t *testing.T, stdin []byte, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Setenv("BAGNET_MODEL", "")
	var out, err bytes.Buffer
	code = Main(args, bytes.NewReader(stdin), &out, &err)
	return code, out.String(), err.String()
}

// put writes a file, making its directory, and returns its path.
var put = testkit.Put
