// Package hint has errors that say what to do about them.
package hint

import (
	"errors"
	"fmt"
)

// hinted is an error with what to do about it.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Hint returns what to do about the error, for people.
func (h *hinted) Hint() string { return h.hint }

// Add returns err with what to do about it, which is no part of its message.
func Add(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// Of returns the hint of err or of the first error that it wraps which has one; ""
// if there is none.
func Of(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// refusal is what Refuse makes.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// Refuse makes an error, as fmt.Errorf does, about a request that makes no sense:
// it is to be asked otherwise, whatever the files say.
func Refuse(format string, args ...any) error { return refusal{fmt.Errorf(format, args...)} }

// Refused reports whether err is, or wraps, what Refuse makes.
func Refused(err error) bool {
	_, ok := errors.AsType[refusal](err)
	return ok
}
