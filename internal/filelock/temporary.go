package filelock

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// digits is how many hexadecimal digits tell temporary files apart.
const digits = 8

// staleAfter is how long nobody has written to a file that Sweep removes. Its
// owner, if there is one, has locked it by then, and has not just closed it to
// give it its final name.
const staleAfter = time.Minute

// Create returns a new file in a directory, open for reading and writing, whose
// name is prefix, 8 random hexadecimal digits and suffix. It is locked, where
// that can be done, until it is closed, so that Sweep leaves it alone.
func Create(directory, prefix, suffix string) (*os.File, error) {
	for {
		path := filepath.Join(directory, fmt.Sprintf("%s%0*x%s", prefix, digits, rand.Uint32(), suffix))
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			// Without a lock the file is as good; Sweep cannot lock it either.
			_ = Try(file)
		}
		return file, err
	}
}

// Sweep removes what processes that were killed have left of Create's files in
// a directory: regular files of such names that nobody has locked or written to
// for a minute. Where there are no locks, nobody could tell, and all stay. What
// cannot be removed is left for the next time.
func Sweep(directory, prefix, suffix string) {
	d, err := os.Open(directory)
	if err != nil {
		return
	}
	defer d.Close()
	for {
		names, err := d.Readdirnames(1024)
		for _, name := range names {
			middle, ok := strings.CutPrefix(name, prefix)
			middle, ended := strings.CutSuffix(middle, suffix)
			if _, err := hex.DecodeString(middle); ok && ended && err == nil && len(middle) == digits {
				removeStale(filepath.Join(directory, name))
			}
		}
		if err != nil {
			return
		}
	}
}

func removeStale(path string) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || time.Since(info.ModTime()) < staleAfter {
		return
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return
	}
	err = Try(file)
	file.Close() // Windows removes no open file
	if err == nil {
		os.Remove(path)
	}
}
