package certificate

import (
	"fmt"
	"slices"
	"strings"

	"bagnet/internal/certify"
)

// Flags are what asks for settings, as errors name it.
type Flags struct{ Patch, Method string }

// ParseSettings reads the sizes of stickers and the names of methods. What was given twice is
// certified once. tau is that of Detect, if that is among them.
func ParseSettings(f Flags, stickers, methods []string, tau float64, attacks int) (Settings, error) {
	s := Settings{Attacks: attacks}
	for i, name := range stickers {
		sticker, err := ParseSticker(name)
		if err != nil {
			return s, fmt.Errorf("%s %w", f.Patch, err)
		}
		if !slices.Contains(stickers[:i], name) {
			s.Stickers = append(s.Stickers, sticker)
		}
	}
	for i, name := range methods {
		if !slices.Contains(certify.Methods, name) {
			return s, fmt.Errorf("%s %q: want one of %s", f.Method, name, strings.Join(certify.Methods, ", "))
		}
		if name == string(certify.Detect) {
			s.Tau = tau
		}
		if !slices.Contains(methods[:i], name) {
			s.Methods = append(s.Methods, certify.Method(name))
		}
	}
	return s, nil
}
