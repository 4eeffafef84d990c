package library

import (
	"context"
	"errors"

	"bagnet/internal/fetch"
	"bagnet/models"
)

// States of a registered model.
const (
	StateEmbedded     = "embedded"
	StateDownloaded   = "downloaded"
	StateDownloadable = "downloadable"
	StateDamaged      = "damaged" // there is a file, but it is not the right one
	StateManual       = "manual"  // the user has to bring the file
)

// StateOf finds out whether a registered model is there. The file, with the SHA-256 and
// the size it was verified by, is that of a model which was downloaded or is damaged.
func StateOf(ctx context.Context, m models.Model) (state string, f fetch.File, err error) {
	switch KindOf(m) {
	case Embedded:
		return StateEmbedded, f, nil
	case Manual:
		return StateManual, f, nil
	}
	f, err = Local(ctx, m)
	_, missing := errors.AsType[*MissingError](err)
	_, damaged := errors.AsType[*fetch.MismatchError](err)
	switch {
	case missing || f.Path == "": // or there is no place for it
		return StateDownloadable, fetch.File{}, nil
	case damaged:
		return StateDamaged, f, nil
	case err != nil:
		return "", f, err
	}
	return StateDownloaded, f.Known(), nil
}
