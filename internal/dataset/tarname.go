package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bagnet/internal/output"
)

// StreamName is the name under which a tar on standard input appears.
const StreamName = "-"

// TarExtension is that of the files that are taken for tars by their name.
const TarExtension = "tar"

// isTar reports whether a file's name is a tar's.
func isTar(name string) bool { return strings.EqualFold(filepath.Ext(name), "."+TarExtension) }

// isCompressedTar reports whether a file's name is that of a tar that was compressed:
// given by itself, it is told what to do about it.
func isCompressedTar(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains([]string{".tgz", ".tbz2", ".txz", ".tzst"}, filepath.Ext(name)) ||
		isTar(strings.TrimSuffix(name, filepath.Ext(name))) && slices.Contains([]string{".gz", ".bz2", ".xz", ".zst", ".lz4"}, filepath.Ext(name))
}

// Compressed is the error of a tar that has to be decompressed before it can be read.
type Compressed struct {
	By string // the program, which decompresses to standard output with -dc
}

func (e *Compressed) Error() string { return "it is compressed by " + e.By }

// compressions are how files begin that programs have compressed.
var compressions = []struct{ magic, program string }{
	{"\x1f\x8b", "gzip"}, {"\x28\xb5\x2f\xfd", "zstd"}, {"BZh", "bzip2"}, {"\xfd7zXZ\x00", "xz"}, {"\x04\x22\x4d\x18", "lz4"},
}

// checkTar says why what begins with start is no tar, as far as that tells.
func checkTar(start []byte) error {
	if len(start) == 0 {
		return errEmptyTar
	}
	for _, c := range compressions {
		if bytes.HasPrefix(start, []byte(c.magic)) {
			return &Compressed{By: c.program}
		}
	}
	return nil
}

// maxShards bounds how many tars one name with braces stands for.
const maxShards = 100_000

var (
	braces     = regexp.MustCompile(`\{[^{}]*\}`)
	braceRange = regexp.MustCompile(`^\{([0-9]+)\.\.([0-9]+)\}$`)
)

// shards returns the names that a tar's name with braces stands for where no file has that
// very name, as shells and WebDataset expand them: x-{000..146}.tar, x-{train,val}.tar. Of
// several braces the last go fastest. It is nil if there are none.
func shards(name string) ([]string, error) {
	if !isTar(name) || output.Exists(name) {
		return nil, nil
	}
	all := []string{""}
	expanded := false
	for name != "" {
		literal, rest, choices := name, "", []string{""}
		if at := braces.FindStringIndex(name); at != nil {
			literal, rest = name[:at[0]], name[at[1]:]
			group, err := choicesOf(name[at[0]:at[1]])
			if err != nil {
				return nil, err
			}
			choices = group
			expanded = expanded || group[0] != name[at[0]:at[1]]
		}
		if len(all)*len(choices) > maxShards {
			return nil, errManyShards
		}
		var longer []string
		for _, before := range all {
			for _, choice := range choices {
				longer = append(longer, before+literal+choice)
			}
		}
		all, name = longer, rest
	}
	if !expanded {
		return nil, nil
	}
	return all, nil
}

var (
	errManyShards = fmt.Errorf("the name stands for more than %d tars: give fewer", maxShards)
	errEmptyTar   = errors.New("the tar is empty")
)

// choicesOf returns what a pair of braces stands for: numbers, all as wide as the wider
// end if one begins with a zero; words with commas between; or else itself.
func choicesOf(group string) ([]string, error) {
	ends := braceRange.FindStringSubmatch(group)
	if ends == nil {
		if words := strings.Split(group[1:len(group)-1], ","); len(words) > 1 {
			return words, nil
		}
		return []string{group}, nil
	}
	first, err := strconv.Atoi(ends[1])
	last, err2 := strconv.Atoi(ends[2])
	if err != nil || err2 != nil || max(first-last, last-first) >= maxShards {
		return nil, errManyShards
	}
	width := 0
	if isPadded(ends[1]) || isPadded(ends[2]) {
		width = max(len(ends[1]), len(ends[2]))
	}
	step := 1
	if last < first {
		step = -1
	}
	var numbers []string
	for n := first; n != last+step; n += step {
		numbers = append(numbers, fmt.Sprintf("%0*d", width, n))
	}
	return numbers, nil
}

// isStream reports whether a file that is there can be read only once, from its
// beginning to its end.
func isStream(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && !info.Mode().IsRegular()
}
