package loader

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bagnet/internal/text"
)

// Limits on a checkpoint in parts. A BagNet's would be one or two.
const (
	maxShards = 256
	maxIndex  = 16 << 20 // bytes
)

// indexSuffix ends the name of Hugging Face's list of which tensor is in which
// part.
const indexSuffix = ".safetensors.index.json"

// shardName is how Hugging Face calls parts: model-00001-of-00002.safetensors.
var shardName = regexp.MustCompile(`^(.+)-(\d{5})-of-(\d{5})\.(safetensors|bin)$`)

const joinHint = "join them: in Python, load each part, put all tensors into one dict and save that"

// Parts returns the files that hold the weights at path: path itself, or, if that
// is one part of a safetensors checkpoint or the index of its parts, all parts.
// An error says which file is missing or why the parts cannot be read.
func Parts(path string) ([]string, error) {
	parts, _, err := allParts(path)
	return parts, err
}

// allParts does what Parts does. From an index it also returns the name of the
// file in which each tensor is said to be.
func allParts(path string) (parts []string, places map[string]string, _ error) {
	name := filepath.Base(path)
	switch {
	case strings.HasSuffix(name, indexSuffix):
		return indexed(path)
	case strings.HasSuffix(name, ".bin.index.json"):
		return nil, nil, fmt.Errorf("it lists the parts of a checkpoint, which can be read as safetensors only: %s", joinHint)
	}
	m := shardName.FindStringSubmatch(name)
	if m == nil {
		return []string{path}, nil, nil
	}
	at, _ := strconv.Atoi(m[2])
	of, _ := strconv.Atoi(m[3])
	switch {
	case of < 2 || at < 1 || at > of:
		return []string{path}, nil, nil
	case m[4] == "bin":
		return nil, nil, fmt.Errorf("it is part %d of %d of a checkpoint, which can be read as safetensors only: %s", at, of, joinHint)
	case of > maxShards:
		return nil, nil, fmt.Errorf("it is part %d of %d, more than the %d allowed: %s", at, of, maxShards, joinHint)
	}
	for i := range of {
		part := fmt.Sprintf("%s-%05d-of-%s.safetensors", m[1], i+1, m[3])
		if err := checkPart(path, part); err != nil {
			return nil, nil, fmt.Errorf("it is part %d of %d, and %w: put all parts into one directory", at, of, err)
		}
		parts = append(parts, filepath.Join(filepath.Dir(path), part))
	}
	return parts, nil, nil
}

// checkPart returns an error if there is no file of that name beside path.
func checkPart(path, part string) error {
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), part)); err != nil {
		return fmt.Errorf("%s is not beside it", text.Quote(part))
	}
	return nil
}

// indexed returns the files that an index names, which must be beside it, and
// which of them has each tensor.
func indexed(path string) (parts []string, places map[string]string, _ error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return []string{path}, nil, nil // opening says why
	}
	f, err := os.Open(path)
	if err != nil {
		return []string{path}, nil, nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxIndex+1))
	switch {
	case err != nil:
		return nil, nil, err
	case len(data) > maxIndex:
		return nil, nil, fmt.Errorf("it has more than the %d bytes allowed for an index", maxIndex)
	}
	var index struct {
		Files map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &index); err != nil || len(index.Files) == 0 {
		return nil, nil, errors.New(`it is no index of a checkpoint's parts: it has no "weight_map" of tensors and files`)
	}
	names := map[string]bool{}
	for _, name := range index.Files {
		if names[name] = true; len(names) > maxShards {
			return nil, nil, fmt.Errorf("it names more than the %d parts allowed", maxShards)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) || !strings.HasSuffix(name, ".safetensors") {
			return nil, nil, fmt.Errorf("it names the part %s: want the name of a safetensors file beside it", text.Quote(name))
		}
		if err := checkPart(path, name); err != nil {
			return nil, nil, fmt.Errorf("it is an index, and %w: put all parts into its directory", err)
		}
		parts = append(parts, filepath.Join(filepath.Dir(path), name))
	}
	return parts, index.Files, nil
}

// openShards reads the tensors of all parts as one checkpoint; places are where an
// index has them.
func openShards(path string, parts []string, places map[string]string, choose Select) (_ *Checkpoint, err error) {
	c := newCheckpoint("safetensors")
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	values := 0
	for _, part := range parts {
		shard, err := openFile(part, nil)
		if err != nil {
			return nil, err
		}
		c.shards = append(c.shards, shard)
		for _, name := range shard.names {
			if c.tensors[name] != nil {
				return nil, fmt.Errorf("reading checkpoint %q: two of its parts have a tensor %s", path, text.Quote(name))
			}
			if values += shard.tensors[name].Shape().TotalSize(); values > maxElements || len(c.names) == maxTensors {
				return nil, fmt.Errorf("reading checkpoint %q: its parts hold more than the %d tensors or %d values allowed", path, maxTensors, maxElements)
			}
			if place, ok := places[name]; ok && place != filepath.Base(part) {
				return nil, fmt.Errorf("reading checkpoint %q: tensor %s is in %s, where the index has it in %s: are these the parts of one checkpoint?", path, text.Quote(name), text.Quote(filepath.Base(part)), text.Quote(place))
			}
			c.names = append(c.names, name)
			c.tensors[name], c.dtypes[name] = shard.tensors[name], shard.dtypes[name]
		}
		c.unread = append(c.unread, shard.unread...)
		maps.Copy(c.Metadata, shard.Metadata)
	}
	if err := c.choose(choose); err != nil {
		return nil, fmt.Errorf("reading checkpoint %q: %w", path, err)
	}
	return c, nil
}
