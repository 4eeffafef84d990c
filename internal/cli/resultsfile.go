package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"bagnet/internal/filelock"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// resultsKind is what a command calls its file of results.
type resultsKind struct {
	flag  string // that names the file
	name  string // of the results
	basis string // what else than the image they depend on
}

// resultsFile is evaluate's --predictions or an experiment's --records. Results are written beside their
// place, to a file ending in .part, each with one write as soon as it is
// there, so that a killed run loses at most the line it was writing. A file
// from before stays as it is until the first new result or the end.
type resultsFile struct {
	streams *terminal.Streams
	kind    resultsKind
	path    string // for messages
	target  string // path, symbolic links followed
	part    string
	file    *os.File // part
	closed  bool
	created bool // part was not there before
	moved   bool // part is what was target
	written bool // part has been changed

	earlier *bufio.Reader // complete lines from before; nil without --resume
	lines   int           // of them
	size    int64         // of them, bytes; what follows is cut off
	read    int           // lines
}

// resultsFlags say what becomes of the results of an earlier run.
type resultsFlags struct{ resume, force bool }

// register adds the flags of a command whose flag `file` names the results.
func (o *resultsFlags) register(flags *pflag.FlagSet, file string) {
	flags.BoolVar(&o.resume, "resume", false, "go on with an interrupted run from its "+file)
	flags.BoolVar(&o.force, "force", false, "replace the "+file+" of an earlier run")
}

// check refuses flags that make no sense by themselves. path is the file's.
func (o *resultsFlags) check(kind resultsKind, path string) error {
	switch {
	case o.resume && path == "":
		return usageErrorf("--resume needs %s: the file of the interrupted run", kind.flag)
	case o.force && path == "":
		return usageErrorf("--force needs %s: the file to replace", kind.flag)
	case o.resume && o.force:
		return usageErrorf("--resume goes on with what is in the file, --force replaces it: give one of them")
	case path == "-":
		return usageErrorf("%s -: give a file; standard output has the report", kind.flag)
	}
	return nil
}

// keep refuses to replace the results of an earlier run, which may have taken it
// hours, at target.
func (f *resultsFile) keep() error {
	file, err := os.Open(f.target)
	if err != nil {
		return f.wrap(err)
	}
	defer file.Close()
	lines, _, err := completeLines(file)
	if err != nil || lines == 0 {
		return f.wrap(err)
	}
	return hint.Add(usageErrorf("%s: %q has %s of an earlier run, which would be lost", f.kind.flag, f.path, text.Count(lines, "result", "results")),
		"--resume goes on from them, --force replaces them; or give another name")
}

// openResults starts or, with resume, goes on with the results of a run at
// path. Those of an earlier one are replaced with force only.
func openResults(s *terminal.Streams, kind resultsKind, path string, o resultsFlags) (*resultsFile, error) {
	resume := o.resume
	f := &resultsFile{streams: s, kind: kind, path: path, target: output.FollowLinks(path)}
	f.part = f.target + ".part"
	there, err := checkResults(f.target, kind)
	if err != nil {
		return nil, err
	}
	partThere, err := checkResults(f.part, kind)
	if err != nil {
		return nil, err
	}
	if there && !resume && !o.force {
		if err := f.keep(); err != nil {
			return nil, err
		}
	}
	switch {
	case resume && there && !partThere:
		if err := os.Rename(f.target, f.part); err != nil {
			return nil, f.wrap(err)
		}
		f.moved = true
	case resume && !partThere:
		s.Notef("there is no %s to go on with: starting from the beginning", text.Path(path))
	}
	f.created = !partThere && !f.moved
	if f.file, err = os.OpenFile(f.part, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		f.abandon()
		return nil, f.wrap(err)
	}
	if filelock.Try(f.file) == filelock.ErrLocked { // without locks nobody can tell
		f.file.Close()
		return nil, fmt.Errorf("writing %q: another process is at it: wait for its end, or give another name", f.part)
	}
	if !resume && partThere {
		s.Notef("starting anew, not with %s of an earlier run (--resume would)", text.Path(path+".part"))
	}
	if resume {
		if f.lines, f.size, err = completeLines(f.file); err != nil {
			f.abandon()
			return nil, f.wrap(err)
		}
		f.earlier = bufio.NewReader(io.NewSectionReader(f.file, 0, f.size))
	}
	return f, nil
}

// nextResult returns the earlier record of the image and the run in head; nil if
// there is none any more. mismatch says why a record of theirs is not what this
// run would make; "" if it is.
func nextResult[R any](f *resultsFile, head recordHead, mismatch func(*R) string) (*R, error) {
	if f.read == f.lines {
		return nil, nil
	}
	line, err := readLine(f.earlier)
	if err != nil {
		return nil, f.wrap(err)
	}
	f.read++
	h, r, err := parseRecord[R](line)
	if err != nil {
		return nil, f.refuse(err.Error())
	}
	reason := h.mismatch(head, f.kind)
	if reason == "" {
		reason = mismatch(r)
	}
	if reason != "" {
		return nil, f.refuse(reason)
	}
	if f.read == 1 {
		f.streams.Notef("going on after the first %s", text.Count(f.lines, "result", "results"))
	}
	return r, nil
}

// refuse says why the file cannot be gone on with.
func (f *resultsFile) refuse(reason string) error {
	return hint.Add(usageErrorf("--resume: line %d of %q does not belong to this run: %s", f.read, f.from(), reason),
		"give the model, the images and the flags of the interrupted run, or another name with %s", f.kind.flag)
}

// from is the file that was resumed, as it is called when the run has ended.
func (f *resultsFile) from() string {
	if f.moved {
		return f.path
	}
	return f.path + ".part"
}

// append writes one record, which begins with a recordHead.
func (f *resultsFile) append(record any) error {
	line, err := jsonLine(record)
	if err != nil {
		return err
	}
	if err := f.cut(); err != nil {
		return err
	}
	_, err = f.file.Write(line)
	return f.wrap(err)
}

// cut drops what does not count: a line that was being written, or everything
// if the run starts anew.
func (f *resultsFile) cut() error {
	if f.written {
		return nil
	}
	f.written = true
	if err := f.file.Truncate(f.size); err != nil {
		return f.wrap(err)
	}
	_, err := f.file.Seek(f.size, io.SeekStart)
	return f.wrap(err)
}

// commit puts the finished file in its place.
func (f *resultsFile) commit() error {
	if f.read < f.lines {
		f.read++
		return f.refuse("there are no more images")
	}
	return f.place()
}

// interrupt leaves what there is in its place, but not in that of an older
// file.
func (f *resultsFile) interrupt() error {
	if !f.written && f.lines == 0 {
		return nil // abandon does the rest
	}
	where := f.path
	if _, err := os.Lstat(f.target); !errors.Is(err, os.ErrNotExist) {
		where += ".part"
	}
	f.streams.Notef("interrupted: the results so far are in %s; --resume goes on from there", text.Path(where))
	if where != f.path {
		return f.cut()
	}
	return f.place()
}

func (f *resultsFile) place() error {
	if err := f.cut(); err != nil {
		return err
	}
	if info, err := os.Stat(f.target); err == nil {
		if err := f.file.Chmod(info.Mode().Perm()); err != nil {
			return f.wrap(err)
		}
	}
	f.closed = true
	return f.wrap(filelock.Publish(f.file, f.target))
}

// abandon gives the run up; after place it does nothing. What was there before
// is as before unless there are new results.
func (f *resultsFile) abandon() {
	if f.closed {
		return
	}
	f.closed = true
	if f.file != nil {
		f.file.Close()
	}
	switch {
	case f.written:
	case f.moved:
		os.Rename(f.part, f.target)
	case f.created:
		os.Remove(f.part)
	}
}

func (f *resultsFile) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("writing %q: %w", f.path, text.Reason(err))
}
