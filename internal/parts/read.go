package parts

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"bagnet/internal/dataset"
	"bagnet/internal/results"
	"bagnet/internal/text"
)

// A Part is one that is being read.
type Part struct {
	Path string
	Head Head

	file *os.File
	end  json.RawMessage
}

// errNone is what is wrong with a file that is no part.
var errNone = errors.New("it is no part of a run: give the files that shards wrote")

// Open opens a part and reads its first and its last line.
func Open(path string) (*Part, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening part %q: %w", path, text.Reason(err))
	}
	p := &Part{Path: path, file: file}
	if err := p.ends(); err != nil {
		file.Close()
		return nil, fmt.Errorf("part %q: %w", path, text.Reason(err))
	}
	return p, nil
}

// Close closes the file.
func (p *Part) Close() { p.file.Close() }

// ends reads the two lines that are no records.
func (p *Part) ends() error {
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	line, err := results.ReadLine(bufio.NewReader(p.file))
	if err != nil && err != io.EOF {
		return err
	}
	head, begin, err := results.Parse[first](line)
	if err != nil || head.Path != "" || begin.Part == nil || begin.Part.Of < 1 || begin.Part.Of > dataset.MaxParts || begin.Part.Shard < 0 || begin.Part.Shard >= begin.Part.Of {
		return errNone
	}
	p.Head = *begin.Part
	p.Head.Run = head.Run
	if line, err = results.LastLine(p.file, info.Size()); err != nil {
		return err
	}
	head, end, err := results.Parse[last](line)
	if err != nil || head.Path != "" || end.End == nil {
		return errors.New("its end is missing: it was cut off")
	}
	p.end = end.End
	return nil
}

// about reads what the command that made p says of the run into v, and what it says of the
// shard into end.
func (p *Part) about(v, end any) error {
	if json.Unmarshal(p.Head.About, v) != nil || json.Unmarshal(p.end, end) != nil {
		return p.Damaged("its first or its last line is damaged")
	}
	return nil
}

// Damaged is the error of a part that cannot be merged; reason says why.
func (p *Part) Damaged(reason string) error { return fmt.Errorf("part %q: %s", p.Path, reason) }

// Records yields the records of a part in their order, once. damage says why a record is
// none that the run can have made; "" if it is one. After an error, ctx's if it has ended, there
// is nothing more.
func Records[R any](ctx context.Context, p *Part, damage func(*R) string) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		if _, err := p.file.Seek(0, io.SeekStart); err != nil {
			yield(nil, p.Damaged(text.Reason(err).Error()))
			return
		}
		r := bufio.NewReaderSize(p.file, 1<<16)
		for n := 1; ; n++ {
			line, err := results.ReadLine(r)
			if err != nil {
				yield(nil, p.Damaged(text.Reason(err).Error()))
				return
			}
			head, record, err := results.Parse[R](line)
			switch {
			case err != nil || head.Run != p.Head.Run:
				yield(nil, p.Damaged(fmt.Sprintf("line %d is damaged", n)))
				return
			case n > 1 && head.Path == "":
				return
			case n == 1:
				continue
			}
			if reason := damage(record); reason != "" {
				yield(nil, p.Damaged(reason))
				return
			}
			if ctx.Err() != nil {
				yield(nil, ctx.Err())
				return
			}
			if !yield(record, nil) {
				return
			}
		}
	}
}
