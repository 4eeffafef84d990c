package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// A Shard is one of Count parts of what a request names. They are neighbours: all parts
// in the order of their Index, from 0, are the whole. The zero value means the whole.
type Shard struct{ Index, Count int }

// ParseShard reads a shard written as "I/N".
func ParseShard(s string) (Shard, error) {
	index, count, ok := strings.Cut(s, "/")
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(count)
	if !ok || err != nil || err2 != nil {
		return Shard{}, fmt.Errorf("%q is no shard: want I/N, as 0/8 for the first of eight", s)
	}
	return Shard{i, n}, Shard{i, n}.check()
}

// MaxShards bounds how many parts there may be.
const MaxShards = 1_000_000

// check refuses a shard that there is not.
func (s Shard) check() error {
	switch {
	case s.Count < 1 || s.Count > MaxShards:
		return fmt.Errorf("%d shards: want 1 to %d", s.Count, MaxShards)
	case s.Index < 0 || s.Index >= s.Count:
		return fmt.Errorf("there is no shard %d among %d: they are 0 to %d", s.Index, s.Count, s.Count-1)
	}
	return nil
}

// String is like "0/8".
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

// of says which of n things are the shard's: those from first on, and before last. Shards
// differ by one thing at most.
func (s Shard) of(n int) (first, last int) { return s.Index * n / s.Count, (s.Index + 1) * n / s.Count }

// Cut returns the shard's images of all of them, which must be a sequence that can be gone
// through several times.
func (s Shard) Cut(ctx context.Context, all iter.Seq[Image]) (*Images, error) {
	names := sha256.New()
	n := 0
	for image := range all {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		names.Write([]byte(image.Path + "\x00"))
		n++
	}
	first, last := s.of(n)
	some := func(yield func(Image) bool) {
		i := 0
		for image := range all {
			if i >= last || i >= first && !yield(image) {
				return
			}
			i++
		}
	}
	return &Images{Seq: some, Total: last - first, Names: hex.EncodeToString(names.Sum(nil)[:8]), Whole: &Images{Seq: all, Total: n}}, nil
}
