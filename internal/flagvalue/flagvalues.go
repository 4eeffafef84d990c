// Package flagvalue has the values that flags of the command line take beside numbers
// and texts, as package pflag wants them: String, Set and Type are pflag.Value's.
package flagvalue

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"bagnet/internal/images"
)

// Choice is a flag that takes one of a few words.
type Choice struct {
	Value   string
	Allowed []string
}

func (c *Choice) String() string { return c.Value }
func (c *Choice) Type() string   { return strings.Join(c.Allowed, "|") }

func (c *Choice) Set(s string) error {
	if !slices.Contains(c.Allowed, s) {
		return fmt.Errorf("want one of %s", strings.Join(c.Allowed, ", "))
	}
	c.Value = s
	return nil
}

// Choices is a flag that takes one of a few words, and may be given several times.
type Choices struct {
	Values  []string // those that hold where the flag is not given, then those given
	Allowed []string

	given bool
}

func (c *Choices) String() string { return strings.Join(c.Values, ", ") }
func (c *Choices) Type() string   { return strings.Join(c.Allowed, "|") }

func (c *Choices) Set(s string) error {
	one := Choice{Allowed: c.Allowed}
	if err := one.Set(s); err != nil {
		return err
	}
	if !c.given {
		c.Values, c.given = nil, true
	}
	if slices.Contains(c.Values, s) {
		return errors.New("it is given twice")
	}
	c.Values = append(c.Values, s)
	return nil
}

// Scale is a flag that takes what the strongest colours stand for, or a word for what all maps
// have in common.
type Scale struct {
	Value  float64 // 0 if it is not given
	Shared bool
}

// shared is the word.
const shared = "shared"

func (v *Scale) String() string {
	switch {
	case v.Shared:
		return shared
	case v.Value == 0:
		return ""
	}
	return strconv.FormatFloat(v.Value, 'g', -1, 64)
}

func (v *Scale) Type() string { return "shared|VALUE" }

func (v *Scale) Set(s string) error {
	if s == shared {
		*v = Scale{Shared: true}
		return nil
	}
	value, err := strconv.ParseFloat(s, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return errors.New("want a number, or " + shared + "; this one is too large")
	case err != nil:
		return errors.New("want a number, or " + shared)
	}
	*v = Scale{Value: value}
	return nil
}

// Pixels is a flag that takes a length in pixels, or "none", which is 0.
type Pixels struct {
	Value int
	Given bool
}

func (p *Pixels) String() string {
	switch {
	case !p.Given:
		return ""
	case p.Value == 0:
		return "none"
	}
	return strconv.Itoa(p.Value)
}

func (p *Pixels) Type() string { return "N|none" }

func (p *Pixels) Set(s string) error {
	if s == "none" {
		*p = Pixels{0, true}
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return errors.New("want a number of pixels, 1 or more, or none")
	}
	*p = Pixels{n, true}
	return nil
}

// Size is a flag that takes what size pictures get: the length of their shorter
// side, both lengths, or "none".
type Size struct {
	Value images.Resize
	Given bool
}

func (z *Size) String() string {
	if !z.Given {
		return ""
	}
	return z.Value.String()
}

func (z *Size) Type() string { return "N|WxH|none" }

func (z *Size) Set(s string) error {
	width, height, both := strings.Cut(s, "x")
	var w, h Pixels
	if !both {
		if w.Set(s) != nil {
			return errors.New("want a number of pixels, 1 or more, two with an x between, or none")
		}
		*z = Size{images.Resize{Short: w.Value}, true}
		return nil
	}
	if w.Set(width) != nil || h.Set(height) != nil || w.Value == 0 || h.Value == 0 {
		return errors.New("want WIDTHxHEIGHT in pixels, both 1 or more")
	}
	*z = Size{images.Resize{Width: w.Value, Height: h.Value}, true}
	return nil
}

// Channels is a flag that takes one number for each of red, green and blue.
type Channels struct {
	Value [3]float64
	Given bool
}

func (c *Channels) String() string {
	if !c.Given {
		return ""
	}
	return fmt.Sprintf("%g,%g,%g", c.Value[0], c.Value[1], c.Value[2])
}

func (c *Channels) Type() string { return "R,G,B" }

func (c *Channels) Set(s string) error {
	parts := strings.Split(s, ",")
	if len(parts) != 3 {
		return errors.New("want three numbers with commas between, for red, green and blue")
	}
	for i, part := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%q is not a number", part)
		}
		c.Value[i] = v
	}
	c.Given = true
	return nil
}
