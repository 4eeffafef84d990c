package model

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"bagnet/internal/inference"
)

// roomy is a network whose activations are large and quickly computed.
func roomy() Config {
	c := small("v1", 17)
	c.StemWidth, c.Planes, c.Widths, c.Depths = 8, [4]int{2, 2, 2, 2}, [4]int{256, 16, 16, 16}, [4]int{1, 1, 1, 1}
	return c
}

// noise are random pixels that exist only where they are read.
type noise struct{ h, w int }

func (n noise) Size() (h, w int) { return n.h, n.w }

func (n noise) Read(dst []float32, stride, y, x, h, w int) {
	for i := range h {
		r := rand.New(rand.NewPCG(uint64(y+i), uint64(x)))
		for j := range 3 * w {
			dst[i*stride+j] = r.Float32()
		}
	}
}

// TestPeakMemory maps large pictures, each in a process of its own, whose peak
// of resident memory must not grow with them. As a whole the square ones would
// take 1.5 and 1.1 GB.
func TestPeakMemory(t *testing.T) {
	if job := os.Getenv("BAGNET_TEST_MAP"); job != "" {
		mapAlone(t, job)
		return
	}
	if _, err := os.ReadFile("/proc/self/status"); err != nil {
		t.Skip("no /proc/self/status here")
	}
	for _, c := range []struct {
		h, w, stride int
		limit        int // MiB
	}{
		{1200, 1200, 1, 640},
		{200, 6000, 1, 640},
		{6000, 200, 1, 640},
		{2000, 2000, 8, 224}, // within the largest tile
		{800, 5000, 8, 224},
		{5000, 800, 8, 224},
	} {
		job := fmt.Sprintf("%d %d %d", c.h, c.w, c.stride)
		cmd := exec.Command(os.Args[0], "-test.run", "^TestPeakMemory$", "-test.v")
		cmd.Env = append(os.Environ(), "BAGNET_TEST_MAP="+job)
		out, err := cmd.CombinedOutput()
		_, after, found := strings.Cut(string(out), "peak of ")
		text, _, _ := strings.Cut(after, " kB")
		kib, convErr := strconv.Atoi(text)
		if err != nil || !found || convErr != nil {
			t.Fatalf("%s: %v: %s", job, err, out)
		}
		t.Logf("%d x %d at stride %d: %d MiB", c.h, c.w, c.stride, kib>>10)
		if kib>>10 > c.limit {
			t.Errorf("%d x %d at stride %d takes %d MiB, want at most %d", c.h, c.w, c.stride, kib>>10, c.limit)
		}
	}
}

// mapAlone maps one picture and prints the process's peak of resident memory.
func mapAlone(t *testing.T, job string) {
	var h, w, stride int
	if _, err := fmt.Sscan(job, &h, &w, &stride); err != nil {
		t.Fatal(err)
	}
	m := mustNew(t, random(roomy(), 1), Options{Threads: 2})
	if _, err := m.Maps(t.Context(), noise{h, w}, inference.MapOptions{Classes: []int{0}, Stride: stride}); err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, _, _ := strings.Cut(rest, "kB")
	t.Logf("peak of %s kB", strings.TrimSpace(kib))
}

// TestLongTiles counts the tiles of pictures that would fit in one but for the
// longest side that a tile may have.
func TestLongTiles(t *testing.T) {
	m := mustNew(t, random(small("v1", 9), 1), Options{})
	for _, size := range [][2]int{{24, 2 * largestTile}, {2 * largestTile, 24}} {
		for _, stride := range []int{8, 4} {
			tiles := 0
			_, err := m.Maps(t.Context(), noise{size[0], size[1]}, inference.MapOptions{Classes: []int{0}, Stride: stride, Progress: func(_, total int) { tiles = total }})
			if err != nil {
				t.Fatal(err)
			}
			if tiles < 2 || tiles > 4 {
				t.Errorf("%v at stride %d: %d tiles of at most %d pixels", size, stride, tiles, largestTile)
			}
		}
	}
}
