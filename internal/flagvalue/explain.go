package flagvalue

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Explain says what a flag wants instead of the value that err is about. Other errors of
// package pflag stay as they are.
func Explain(err error) error {
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	reason, kind := errors.Unwrap(invalid), invalid.GetFlag().Value.Type()
	if want := valueOf(kind); want != "" {
		reason = errors.New("want " + want)
		if beyondRange(invalid.GetValue(), kind) {
			reason = fmt.Errorf("%w; this one is too large", reason)
		}
	}
	return fmt.Errorf("invalid argument %q for --%s: %w", invalid.GetValue(), invalid.GetFlag().Name, reason)
}

// beyondRange reports whether a value is a number that a flag of a pflag type
// cannot hold. pflag does not say so itself.
func beyondRange(value, kind string) bool {
	one := func(s string) (err error) {
		switch kind {
		case "float64", "float64Slice":
			_, err = strconv.ParseFloat(s, 64)
		case "uint64":
			_, err = strconv.ParseUint(s, 0, 64)
		case "int", "int64", "intSlice":
			_, err = strconv.ParseInt(s, 0, 64)
		}
		return err
	}
	return slices.ContainsFunc(strings.Split(value, ","), func(s string) bool { return errors.Is(one(s), strconv.ErrRange) })
}

// valueOf says what a flag of a pflag type takes; "" for types of our own, which
// say so themselves.
func valueOf(kind string) string {
	switch kind {
	case "bool":
		return "true or false"
	case "float64":
		return "a number"
	case "float64Slice":
		return "numbers with commas between"
	case "intSlice":
		return "whole numbers with commas between"
	case "uint64":
		return "a whole number, 0 or more"
	case "int", "int64":
		return "a whole number"
	}
	return ""
}
