package results

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"bagnet/internal/filelock"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

// Kind is what a command calls its file of results, for messages.
type Kind struct {
	Flag          string // that names the file
	Resume, Force string // flags that go on with the file of an earlier run, or replace it
	Name          string // of the results
	Basis         string // what else than the image they depend on
	Heads         int    // lines before the results
}

// A File is a file of results, a record a line. Records are written beside its place, to
// a file ending in .part, each with one write as soon as it is there, so that a killed
// run loses at most the line it was writing. A file from before stays as it is until the
// first new result or the end.
type File struct {
	notice  func(string) // is told what a user should know
	kind    Kind
	path    string   // for messages
	target  string   // path, symbolic links followed
	part    string   // target + ".part"
	file    *os.File // part, open
	closed  bool
	created bool // part was not there before
	moved   bool // part was target, which this run goes on with
	written bool // part has been changed

	earlier *bufio.Reader // complete lines from before; nil without --resume
	lines   int           // of them
	size    int64         // of them, bytes; what follows is cut off
	read    int           // lines that Next has returned
}

// keep refuses to replace the results of an earlier run at target: they may have taken
// hours.
func (f *File) keep() error {
	file, err := os.Open(f.target)
	if err != nil {
		return f.wrap(err)
	}
	defer file.Close()
	lines, _, err := CompleteLines(file)
	if err != nil || lines == 0 {
		return f.wrap(err)
	}
	return hint.Add(hint.Refuse("%s: %q has %s of an earlier run, which would be lost", f.kind.Flag, f.path, text.Count(lines, "result", "results")),
		"%s goes on from them, %s replaces them; or give another name", f.kind.Resume, f.kind.Force)
}

// Open starts the file of a run's results at path or, with resume, goes on with it. The
// results of an earlier run are replaced only with force. notice is told what a user
// should know.
func Open(kind Kind, path string, resume, force bool, notice func(string)) (*File, error) {
	f := &File{notice: notice, kind: kind, path: path, target: output.FollowLinks(path)}
	f.part = f.target + ".part"
	there, err := check(f.target, kind)
	if err != nil {
		return nil, err
	}
	partThere, err := check(f.part, kind)
	if err != nil {
		return nil, err
	}
	if there && !resume && !force {
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
		notice(fmt.Sprintf("there is no %s to go on with: starting from the beginning", text.Path(path)))
	}
	f.created = !partThere && !f.moved
	if f.file, err = os.OpenFile(f.part, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		f.Abandon()
		return nil, f.wrap(err)
	}
	if filelock.Try(f.file) == filelock.ErrLocked { // without locks nobody can tell
		f.file.Close()
		return nil, fmt.Errorf("writing %q: another process is at it: wait for its end, or give another name", f.part)
	}
	if !resume && partThere {
		notice(fmt.Sprintf("starting anew, not with %s of an earlier run (%s would)", text.Path(path+".part"), kind.Resume))
	}
	if resume {
		if f.lines, f.size, err = CompleteLines(f.file); err != nil {
			f.Abandon()
			return nil, f.wrap(err)
		}
		f.earlier = bufio.NewReader(io.NewSectionReader(f.file, 0, f.size))
	}
	return f, nil
}

// Next returns the earlier record of the image and the run in head; nil if
// there is none any more. mismatch says why a record of theirs is not what this
// run would make; "" if it is.
func Next[R any](f *File, head Head, mismatch func(*R) string) (*R, error) {
	if f.read == f.lines {
		return nil, nil
	}
	line, err := ReadLine(f.earlier)
	if err != nil {
		return nil, f.wrap(err)
	}
	f.read++
	h, r, err := Parse[R](line)
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
	if n := f.lines - f.kind.Heads; f.read == 1 && n > 0 {
		f.notice("going on after the first " + text.Count(n, "result", "results"))
	}
	return r, nil
}

// refuse says why the file cannot be gone on with.
func (f *File) refuse(reason string) error {
	return hint.Add(hint.Refuse("%s: line %d of %q does not belong to this run: %s", f.kind.Resume, f.read, f.from(), reason),
		"give the model, the images and the flags of the interrupted run, or another name with %s", f.kind.Flag)
}

// from is the file that was resumed, as it is called when the run has ended.
func (f *File) from() string {
	if f.moved {
		return f.path
	}
	return f.path + ".part"
}

// Append writes one record, which begins with a Head.
func (f *File) Append(record any) error {
	line, err := text.JSON(record)
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
func (f *File) cut() error {
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

// Commit puts the finished file in its place. Records that no image has asked for are an
// error: they belong to another run.
func (f *File) Commit() error {
	if f.read < f.lines {
		f.read++
		return f.refuse("there are no more images")
	}
	return f.place()
}

// Interrupt leaves what there is in its place, but not in that of an older
// file.
func (f *File) Interrupt() error {
	if !f.written && f.lines == 0 {
		return nil // Abandon does the rest
	}
	where := f.path
	if _, err := os.Lstat(f.target); !errors.Is(err, os.ErrNotExist) {
		where += ".part"
	}
	f.notice(fmt.Sprintf("interrupted: the results so far are in %s; %s goes on from there", text.Path(where), f.kind.Resume))
	if where != f.path {
		return f.cut()
	}
	return f.place()
}

// place renames part to target, and gives it the permissions of the file it replaces.
func (f *File) place() error {
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

// Abandon gives the run up. It does nothing once Commit or Interrupt has put the file in
// its place. Without new results, what was there before is as it was.
func (f *File) Abandon() {
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

// Remove gives up the file that was being written, and what was there before in its place
// stays: what the records were kept for is done.
func (f *File) Remove() error {
	f.closed = true
	f.file.Close()
	return f.wrap(os.Remove(f.part))
}

// wrap says in an error, which may be nil, that it is about writing the file.
func (f *File) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("writing %q: %w", f.path, text.Reason(err))
}
