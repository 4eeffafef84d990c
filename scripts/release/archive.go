package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// An archiver takes the files of an archive, in order.
type archiver interface {
	// add appends a regular file: its name with slashes, its contents.
	add(name string, contents []byte, mode fs.FileMode) error
	// Close finishes the archive, but not the file it is written to.
	Close() error
}

// writeArchive writes the files below dir into the new archive file, in lexical
// order, each under dir's own name, with the one time and mode 644, or 755 for
// the program: nothing depends on who packed them, where and when.
func writeArchive(file, dir string, made time.Time, format func(io.Writer, time.Time) archiver) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			os.Remove(file)
		}
	}()
	a := format(f, made)
	top := filepath.Base(dir)
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		contents, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if relative == "bagnet" || relative == "bagnet.exe" {
			mode = 0o755
		}
		return a.add(path.Join(top, filepath.ToSlash(relative)), contents, mode)
	})
	if err != nil {
		return err
	}
	return a.Close()
}

// tarball is a .tar.gz.
type tarball struct {
	*tar.Writer
	compressed *gzip.Writer
	made       time.Time
}

func newTarball(w io.Writer, made time.Time) archiver {
	compressed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		panic(err) // only for a level that does not exist
	}
	return &tarball{tar.NewWriter(compressed), compressed, made}
}

func (t *tarball) add(name string, contents []byte, mode fs.FileMode) error {
	err := t.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: int64(len(contents)), Mode: int64(mode), ModTime: t.made,
		Format: tar.FormatUSTAR,
	})
	if err != nil {
		return err
	}
	_, err = t.Write(contents)
	return err
}

func (t *tarball) Close() error {
	if err := t.Writer.Close(); err != nil {
		return err
	}
	return t.compressed.Close()
}

// zipfile is a .zip.
type zipfile struct {
	*zip.Writer
	made time.Time
}

func newZip(w io.Writer, made time.Time) archiver { return &zipfile{zip.NewWriter(w), made} }

func (z *zipfile) add(name string, contents []byte, mode fs.FileMode) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: z.made}
	h.SetMode(mode)
	w, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	_, err = w.Write(contents)
	return err
}
