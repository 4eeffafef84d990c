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

// MaxParts bounds how many parts there may be.
const MaxParts = 1_000_000

// check refuses a shard that there is not.
func (s Shard) check() error {
	switch {
	case s.Count < 1 || s.Count > MaxParts:
		return fmt.Errorf("%d shards: want 1 to %d", s.Count, MaxParts)
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
	n, names, err := survey(ctx, all)
	if err != nil {
		return nil, err
	}
	first, last := s.of(n)
	whole := &Images{Seq: all, Total: n}
	return &Images{Seq: between(all, first, last), Total: last - first, Names: names, Whole: whole, Before: between(all, 0, first)}, nil
}

// cutTars is Cut for a sequence with tars that are packed. If there are enough of them the
// shard has whole ones, and those of others are not opened.
func (s Shard) cutTars(ctx context.Context, all iter.Seq[Image], left LeftOut) (*Images, error) {
	tars := 0
	for m := range all {
		if m.packed {
			tars++
		}
	}
	if tars < s.Count {
		return s.Cut(ctx, unpacked(ctx, all, left))
	}
	n, names, err := survey(ctx, all)
	if err != nil {
		return nil, err
	}
	first, last := s.of(n)
	in := foreknown(unpacked(ctx, between(all, first, last), left), maxKnown)
	in.Names, in.Whole = names, &Images{Seq: unpacked(ctx, all, LeftOut{}), Total: -1}
	in.Before = unpacked(ctx, between(all, 0, first), LeftOut{})
	return in, ctx.Err()
}

// survey counts a sequence, and makes what stands for all its names.
func survey(ctx context.Context, all iter.Seq[Image]) (n int, names string, err error) {
	sum := sha256.New()
	for m := range all {
		if ctx.Err() != nil {
			break
		}
		sum.Write([]byte(m.Path + "\x00"))
		n++
	}
	return n, hex.EncodeToString(sum.Sum(nil)[:8]), ctx.Err()
}

// between yields what a sequence has from place first on, and before last.
func between(all iter.Seq[Image], first, last int) iter.Seq[Image] {
	return func(yield func(Image) bool) {
		i := 0
		for m := range all {
			if i >= last || i >= first && !yield(m) {
				return
			}
			i++
		}
	}
}
