//go:build linux

package cli

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// pngOf is a black picture of w x h grey pixels, of which rows are there.
func pngOf(w, h, rows int) []byte {
	var pixels bytes.Buffer
	z := zlib.NewWriter(&pixels)
	for line := make([]byte, 1+w); rows > 0; rows-- {
		z.Write(line)
	}
	z.Close()
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		start := len(out)
		out = append(append(out, kind...), data...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	chunk("IHDR", append(header, 8, 0, 0, 0, 0))
	chunk("IDAT", pixels.Bytes())
	chunk("IEND", nil)
	return out
}

// tiffOf is a little-endian TIFF file of w x h grey pixels in one strip.
func tiffOf(w, h uint32, compression uint16, strip []byte) []byte {
	le := binary.LittleEndian
	out := le.AppendUint32([]byte("II*\x00"), uint32(8+len(strip)))
	out = append(out, strip...)
	fields := [][2]uint32{{256, w}, {257, h}, {258, 8}, {259, uint32(compression)}, {262, 1}, {273, 8}, {277, 1}, {278, h}, {279, uint32(len(strip))}}
	out = le.AppendUint16(out, uint16(len(fields)))
	for _, f := range fields {
		out = le.AppendUint16(le.AppendUint16(out, uint16(f[0])), 4)
		out = le.AppendUint32(le.AppendUint32(out, 1), f[1])
	}
	return le.AppendUint32(out, 0)
}

// zeros are n deflated zero bytes.
func zeros(n int64) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	io.CopyN(z, endless(0), n)
	z.Close()
	return b.Bytes()
}

// endless is a reader of one byte over and over.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

// safetensorsOf is a header that claims to have length bytes.
func safetensorsOf(length uint64, header string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, length), header...)
}

// torchZip is a checkpoint of one float32 tensor of count values, stored as
// that many deflated zero bytes.
func torchZip(t *testing.T, count uint64, bytesStored int64) []byte {
	t.Helper()
	number := "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, count))
	pickle := "\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" +
		number + "tQK\x00" + number + "\x85K\x01\x85\x89}tRs."
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string]io.Reader{"archive/data.pkl": strings.NewReader(pickle), "archive/data/0": io.LimitReader(endless(0), bytesStored)} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.Copy(w, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sparse makes a file of many bytes that take no room on the disk.
func sparse(t *testing.T, dir, name string, size int64) {
	t.Helper()
	if err := os.Truncate(put(t, dir, name, nil), size); err != nil {
		t.Fatal(err)
	}
}

// TestFaultsLimits has files, streams and flags that ask for more than there is.
// Each is refused with one line that says why, in little memory.
func TestFaultsLimits(t *testing.T) {
	t.Parallel()
	skipRace(t)
	dir := t.TempDir()
	put(t, dir, "small.png", pngOf(64, 64, 64))
	put(t, dir, "8/small.png", pngOf(64, 64, 64))
	put(t, dir, "huge.png", pngOf(60000, 60000, 1))
	put(t, dir, "largest.png", pngOf(1<<31-1, 1<<31-1, 0))
	put(t, dir, "wide.png", pngOf(2_000_000, 1, 1))
	put(t, dir, "huge.tif", tiffOf(60000, 60000, 1, nil))
	put(t, dir, "bomb.tif", tiffOf(60000, 60000, 8, zeros(64<<20)))
	put(t, dir, "huge.gif", []byte("GIF89a\x60\xea\x60\xea\x00\x00\x00,\x00\x00\x00\x00\x60\xea\x60\xea\x00\x08\x00;"))
	put(t, dir, "huge.bmp", append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x60\xea\x00\x00\x60\xea\x00\x00\x01\x00\x18\x00"), make([]byte, 24)...))
	put(t, dir, "huge.webp", []byte("RIFF\x24\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x5f\xea\x00\x5f\xea\x00VP8L\x05\x00\x00\x00\x2f\x00\x00\x00\x00\x00"))
	put(t, dir, "huge.jpg", []byte("\xff\xd8\xff\xc0\x00\x0b\x08\xea\x60\xea\x60\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00\xff\xd9"))
	put(t, dir, "claim60.safetensors", safetensorsOf(1<<60, "{}"))
	put(t, dir, "claim33.safetensors", safetensorsOf(1<<33, "{}"))
	shape := `{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}`
	put(t, dir, "shape.safetensors", safetensorsOf(uint64(len(shape)), shape))
	rank := `{"a":{"dtype":"F32","shape":[` + strings.Repeat("1,", 1_000_000) + `1],"data_offsets":[0,4]}}`
	put(t, dir, "rank.safetensors", safetensorsOf(uint64(len(rank)), rank+"abcd"))
	put(t, dir, "trillion.pth", torchZip(t, 1_000_000_000_000, 16))
	put(t, dir, "bomb.pth", torchZip(t, 1<<26, 1<<28))
	sparse(t, dir, "zeros.png", 3<<30)
	sparse(t, dir, "oneline.csv", 600<<20)
	sparse(t, dir, "oneline.txt", 600<<20)
	sparse(t, dir, "large.pth", 9<<30)
	put(t, dir, "rows.csv", []byte(strings.Repeat("a,b\n", 4_000_000+1)))
	put(t, dir, "d.png/in", nil)
	for _, name := range []string{"fifo", "fifo.png", "fifo.npy", "fifo.csv", "sheets/index.html"} {
		put(t, dir, name, nil)
		os.Remove(filepath.Join(dir, name))
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("loop.png", filepath.Join(dir, "loop.png")); err != nil {
		t.Fatal(err)
	}

	const pixels = "raise it with --max-pixels"
	for _, test := range []struct {
		args string
		code int
		text string
		peak int // MiB; that of a run that does nothing is about 70
	}{
		{"classify huge.png", 1, "PNG: 60000x60000 pixels are more than the limit of 200000000; " + pixels, 120},
		{"classify largest.png", 1, pixels, 120},
		{"classify --max-pixels 9223372036854775807 largest.png", 1, "PNG", 120},
		{"classify huge.tif", 1, pixels, 120},
		{"classify bomb.tif", 1, pixels, 120},
		{"classify huge.gif", 1, pixels, 120},
		{"classify huge.bmp", 1, pixels, 120},
		{"classify huge.webp", 1, pixels, 120},
		{"classify huge.jpg", 1, pixels, 120},
		{"classify wide.png", 1, "more than the limit of 200000000; trim the picture or use --resize none", 140},
		{"classify zeros.png", 1, "the file is larger than 1024 MiB", 120},
		{"classify /dev/zero", 1, "not an image of a known format", 120},
		{"classify --files-from oneline.txt", 1, "a name is longer than 1048576 bytes; is this a list of images?", 120},
		{"classify --labels oneline.txt small.png", 2, "more than the 4194304 bytes allowed for a list of labels", 130},
		{"evaluate oneline.csv", 2, "line 1: longer than 1048576 bytes; is this a list of classes?", 130},
		{"evaluate --truth rows.csv small.png", 2, "the list has more than 4000000 lines: split it", 800},
		{"models info claim60.safetensors", 3, "it is no weights file of a known format", 60},
		{"models info claim33.safetensors", 3, "its header claims 8589934592 bytes, more than the 16777216 allowed", 60},
		{"models info shape.safetensors", 3, "has a dimension of 1099511627776, which the file cannot hold", 60},
		{"models info rank.safetensors", 3, "tensor \"a\" has 1000001 dimensions, more than the 8 allowed", 160},
		{"models info trillion.pth", 3, "announced with 1000000000000 F32 values, the file has 16 bytes for it", 60},
		{"models info bomb.pth", 3, "its storages claim more than 64 times the file's size", 60},
		{"models info large.pth", 3, "it has 9663676416 bytes, more than the 8589934592 allowed for weights", 60},
		{"models info fifo", 3, "it is not a regular file", 60},
		{"classify -k 99999999999999999999 small.png", 2, "want a whole number", 60},
		{"classify --threads 1000000 small.png", 2, "want 0 (all CPUs) to 1024", 60},
		{"classify --resize 1000000 small.png", 2, "want 1 to 14142, or none", 120},
		{"classify --max-pixels 0 small.png", 2, "want 1 or more", 60},
		{"classify --npy fifo small.png", 1, "it is not a regular file", 120},
		{"classify --npy d.png small.png", 1, "it is a directory", 120},
		{"classify --npy /dev/full small.png", 1, "it is not a regular file", 120},
		{"heatmap --scale 1e300 small.png", 2, "--scale", 60},
		{"heatmap --scale NaN small.png", 2, "--scale", 60},
		{"heatmap --stride 0 small.png", 2, "--stride", 120},
		{"heatmap -o fifo.png small.png", 1, "it is not a regular file", 120},
		{"heatmap -o loop.png small.png", 1, "too many levels of symbolic links", 120},
		{"heatmap -o missing/x.png small.png", 1, "no such file or directory", 120},
		{"heatmap -o /dev/full small.png", 2, "want a file that ends in .png", 120},
		{"heatmap --npy fifo.npy small.png", 1, "it is not a regular file", 120},
		{"top-patches -n 10001 -c all -o sheets small.png", 2, "want 1 to 10000", 60},
		{"top-patches -n 10000 --context -c all -o kept small.png", 2, "--number 10000: so many patches of 10 classes may take 54053 MB, more than 4096: ask for fewer", 120},
		{"top-patches -c all -o sheets small.png", 1, "it is not a regular file", 120},
		{"evaluate --mistakes 9000000000000000000 small.png", 2, "want 0 (none) to 100000", 60},
		{"evaluate --predictions fifo 8", 2, "it is not a regular file", 120},
		{"bench --size 1000000000", 2, "want 1 to 4096 pixels", 60},
	} {
		t.Run(test.args, func(t *testing.T) {
			f := runFault(t, dir, nil, strings.Fields(test.args)...)
			f.checkMessage(t, test.text)
			if f.code != test.code {
				t.Errorf("exit status %d, want %d: %s", f.code, test.code, f.stderr)
			}
			if f.peak > test.peak {
				t.Errorf("it took %d MiB, want at most %d", f.peak, test.peak)
			}
			t.Logf("peak %d MiB", f.peak)
		})
	}
}

// TestFaultsClasses has networks of more classes than are allowed.
func TestFaultsClasses(t *testing.T) {
	t.Parallel()
	skipRace(t)
	dir := t.TempDir()
	for _, network := range []string{"../convnet/testdata/resnet-basic", "../model/testdata/v1-q17"} {
		file := withClasses(t, network, 100_001)
		put(t, dir, "classes.safetensors", file)
		f := runFault(t, dir, nil, "models", "info", "classes.safetensors")
		f.checkMessage(t, "it has 100001 classes, more than the 100000 allowed")
		if f.code != exitModel {
			t.Errorf("%s: exit status %d", network, f.code)
		}
		t.Logf("peak %d MiB, file of %d MiB", f.peak, len(file)>>20)
	}
}

// TestFaultsEndless lists images without end, on standard input and in a named
// pipe, to a reader that has enough of the answers after a while.
func TestFaultsEndless(t *testing.T) {
	t.Parallel()
	skipRace(t)
	dir := t.TempDir()
	put(t, dir, "small.png", pngOf(64, 64, 64))
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	answers := strconv.Itoa(scaledFault(300, 5000))
	for name, script := range map[string]string{
		"standard input": `yes small.png 2>/dev/null | bagnet "$@" --files-from - | head -n ` + answers,
		"pipe":           `yes small.png >pipe 2>/dev/null & bagnet "$@" --files-from pipe | head -n ` + answers,
		"one line":       `tr '\0' x </dev/zero 2>/dev/null | bagnet "$@" --files-from -`,
	} {
		t.Run(name, func(t *testing.T) {
			f := finish(t, func(ctx context.Context, env []string) *exec.Cmd {
				cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", script, "sh"}, quickly("classify", "-k1")...)...)
				cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "BAGNET_MODEL="), env...)
				return cmd
			}, nil)
			want, said := answers, ""
			if name == "one line" {
				want, said = "0", "bagnet: the list on standard input: a name is longer than 1048576 bytes; is this a list of images?\n"
			}
			if got := strconv.Itoa(strings.Count(f.stdout, "\n")); got != want || f.stderr != said {
				t.Errorf("%s answers, want %s; stderr %q", got, want, f.stderr)
			}
			if f.peak > 150 {
				t.Errorf("it took %d MiB", f.peak)
			}
			t.Logf("peak %d MiB", f.peak)
		})
	}
}

// TestFaultsManyBombs has several pictures of the largest size, each a few
// kilobytes, for as many decoders: they are decoded one at a time.
func TestFaultsManyBombs(t *testing.T) {
	t.Parallel()
	skipRace(t)
	dir := t.TempDir()
	side := scaledFault(5000, 14142)
	put(t, dir, "bomb.png", pngOf(side, side, side))
	args := []string{"classify", "-k1", "--resize", "48", "--crop", "48", "--threads", "8"}
	for range 8 {
		args = append(args, "bomb.png")
	}
	f := runFault(t, dir, nil, args...)
	if f.code != exitOK || strings.Count(f.stdout, "\n") != 8 {
		t.Errorf("exit status %d, %q, %q", f.code, f.stdout, f.stderr)
	}
	// What is decoded, and as much that awaits the garbage collector.
	if limit := 2*(5*side*side>>20) + 200; f.peak > limit {
		t.Errorf("it took %d MiB, want at most %d", f.peak, limit)
	}
	t.Logf("peak %d MiB", f.peak)
}
