//go:build unix

package fetch

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain also is the process that other tests start: it gets the file that
// FETCH_TEST describes.
func TestMain(m *testing.M) {
	description := os.Getenv("FETCH_TEST")
	if description == "" {
		os.Exit(m.Run())
	}
	var f File
	if err := json.Unmarshal([]byte(description), &f); err != nil {
		panic(err)
	}
	if id, err := strconv.Atoi(os.Getenv("FETCH_TEST_UID")); err == nil {
		if err := syscall.Setuid(id); err != nil {
			panic(err)
		}
	}
	if limit, err := strconv.ParseUint(os.Getenv("FETCH_TEST_FILE_SIZE"), 10, 64); err == nil {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			panic(err)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if _, _, err := quick().Get(ctx, f, false); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// getting is a process that gets f, not started yet.
func getting(f File, env ...string) *exec.Cmd {
	description, _ := json.Marshal(f)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "FETCH_TEST="+string(description), "GORACE=atexit_sleep_ms=0"), env...)
	return cmd
}

// slowly sends a few bytes at a time.
func slowly(w http.ResponseWriter, r *http.Request, data []byte) {
	honest(&slowWriter{w}, r, data)
}

type slowWriter struct{ http.ResponseWriter }

func (w *slowWriter) Write(b []byte) (int, error) {
	done := 0
	for len(b) > 0 {
		n, err := w.ResponseWriter.Write(b[:min(len(b), 4<<10)])
		if done += n; err != nil {
			return done, err
		}
		w.ResponseWriter.(http.Flusher).Flush()
		b = b[n:]
		time.Sleep(time.Millisecond)
	}
	return done, nil
}

// TestKilled kills slow downloads at random moments, and gets the file in the end.
func TestKilled(t *testing.T) {
	data := noise(400_000)
	s := newServer(t, data, slowly)
	f := fileOf(t.TempDir(), s.URL, data)
	random := rand.New(rand.NewPCG(1, 2))
	resumed, killed := 0, 0
	for range 20 {
		cmd := getting(f)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.IntN(150)) * time.Millisecond)
		cmd.Process.Kill()
		if cmd.Wait() != nil {
			killed++
		}
		if checkNothingWrong(t, f, data) {
			os.Remove(f.Path) // it was quick enough: once more
			os.Remove(f.recordPath())
		}
	}
	for _, asked := range s.asked("Range") {
		if asked != "" {
			resumed++
		}
	}
	if out, err := getting(f).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !checkNothingWrong(t, f, data) || exists(f.Path+".part") {
		t.Error("no file, or a part left")
	}
	if killed == 0 || resumed == 0 {
		t.Errorf("%d processes killed, %d downloads resumed: nothing was tested", killed, resumed)
	}
	t.Logf("%d processes killed, %d downloads resumed", killed, resumed)
}

// TestManyProcesses has several want the same file, one of which is killed.
func TestManyProcesses(t *testing.T) {
	data := noise(400_000)
	s := newServer(t, data, slowly)
	f := fileOf(t.TempDir(), s.URL, data)
	var all []*exec.Cmd
	for range 6 {
		cmd := getting(f)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	time.Sleep(60 * time.Millisecond)
	all[0].Process.Kill()
	for i, cmd := range all {
		if err := cmd.Wait(); err != nil && i > 0 {
			t.Errorf("process %d: %v", i, err)
		}
	}
	if !checkNothingWrong(t, f, data) {
		t.Error("no file")
	}
	if n := len(s.asked("Range")); n > 2 {
		t.Errorf("%d requests, want one download, at most once resumed", n)
	}
}

func TestInterruptedProcess(t *testing.T) {
	data := noise(400_000)
	s := newServer(t, data, stalling(1000, honest), honest)
	f := fileOf(t.TempDir(), s.URL, data)
	cmd := getting(f)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if info, err := os.Stat(f.Path + ".part"); err == nil && info.Size() == 1000 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing comes")
		}
	}
	cmd.Process.Signal(os.Interrupt)
	if cmd.Wait() == nil {
		t.Error("interrupted without an error")
	}
	if _, _, err := quick().Get(t.Context(), f, false); err != nil || s.asked("Range")[1] != "bytes=1000-" || s.asked("If-Range")[1] != `"one"` {
		t.Errorf("%v, asked for %q", err, s.asked("Range"))
	}
}

// TestReadOnly has a cache that cannot be written: what is there is good for
// all, what is not fails with the directory's name.
func TestReadOnly(t *testing.T) {
	data := noise(1000)
	s := newServer(t, data, honest)
	dir, err := os.MkdirTemp("", "fetch") // t.TempDir() hides its directories from other users
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o755)
	f := fileOf(dir, s.URL, data)
	if err := os.Mkdir(filepath.Dir(f.Path), 0o777); err != nil {
		t.Fatal(err)
	}
	os.Chmod(filepath.Dir(f.Path), 0o555)
	defer os.Chmod(filepath.Dir(f.Path), 0o755)
	env := "FETCH_TEST_UID="
	if os.Getuid() == 0 {
		env += "65534" // root may write anywhere
	}
	out, err := getting(f, env).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "permission denied") || !strings.Contains(string(out), filepath.Dir(f.Path)) {
		t.Errorf("%v: %s", err, out)
	}
	os.Chmod(filepath.Dir(f.Path), 0o755)
	os.WriteFile(f.Path, data, 0o444)
	os.Chmod(filepath.Dir(f.Path), 0o555)
	if out, err := getting(f, env).CombinedOutput(); err != nil {
		t.Errorf("a good file: %v: %s", err, out)
	}
}

// TestDiskFull limits the size of files, which fails like a full disk does.
func TestDiskFull(t *testing.T) {
	data := noise(400_000)
	s := newServer(t, data, honest)
	f := fileOf(t.TempDir(), s.URL, data)
	out, err := getting(f, "FETCH_TEST_FILE_SIZE=100000").CombinedOutput()
	if err == nil || !strings.Contains(string(out), `writing "`+f.Path+`.part": file too large`) {
		t.Errorf("%v: %s", err, out)
	}
	if exists(f.Path) || len(s.asked("Range")) != 1 {
		t.Errorf("a file, or %d requests", len(s.asked("Range")))
	}
	if out, err := getting(f).CombinedOutput(); err != nil || !checkNothingWrong(t, f, data) || s.asked("Range")[1] != "bytes=100000-" {
		t.Errorf("with room again: %v: %s %q", err, out, s.asked("Range"))
	}
}

// TestProxy goes through the proxy that the environment names.
func TestProxy(t *testing.T) {
	data := noise(1000)
	s := newServer(t, data, func(w http.ResponseWriter, r *http.Request, data []byte) {
		if r.RequestURI != "http://mirror.invalid/model.bin" {
			t.Errorf("the proxy is asked for %s", r.RequestURI)
		}
		honest(w, r, data)
	})
	f := fileOf(t.TempDir(), "http://mirror.invalid", data)
	if out, err := getting(f, "HTTP_PROXY="+s.URL, "NO_PROXY=").CombinedOutput(); err != nil || !checkNothingWrong(t, f, data) {
		t.Errorf("%v: %s", err, out)
	}
}
