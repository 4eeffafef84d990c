package cli

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/images"
)

// choice is a flag that takes one of a few words.
type choice struct {
	value   string
	allowed []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return strings.Join(c.allowed, "|") }

func (c *choice) Set(s string) error {
	if !slices.Contains(c.allowed, s) {
		return fmt.Errorf("want one of %s", strings.Join(c.allowed, ", "))
	}
	c.value = s
	return nil
}

// registerChoice adds a choice flag whose first allowed word is the default.
func registerChoice(cmd *cobra.Command, c *choice, name, usage string, allowed ...string) {
	*c = choice{value: allowed[0], allowed: allowed}
	cmd.Flags().Var(c, name, usage)
	complete(cmd, name, cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp))
}

// complete sets how the shell completes a flag, which must exist.
func complete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err)
	}
}

// pixels is a flag that takes a length in pixels, or "none", which is 0.
type pixels struct {
	value int
	set   bool
}

func (p *pixels) String() string {
	switch {
	case !p.set:
		return ""
	case p.value == 0:
		return "none"
	}
	return strconv.Itoa(p.value)
}

func (p *pixels) Type() string { return "N|none" }

func (p *pixels) Set(s string) error {
	if s == "none" {
		*p = pixels{0, true}
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return errors.New("want a number of pixels, 1 or more, or none")
	}
	*p = pixels{n, true}
	return nil
}

// size is a flag that takes what size pictures get: the length of their shorter
// side, both lengths, or "none".
type size struct {
	value images.Resize
	set   bool
}

func (z *size) String() string {
	if !z.set {
		return ""
	}
	return z.value.String()
}

func (z *size) Type() string { return "N|WxH|none" }

func (z *size) Set(s string) error {
	width, height, both := strings.Cut(s, "x")
	var w, h pixels
	if !both {
		if w.Set(s) != nil {
			return errors.New("want a number of pixels, 1 or more, two with an x between, or none")
		}
		*z = size{images.Resize{Short: w.value}, true}
		return nil
	}
	if w.Set(width) != nil || h.Set(height) != nil || w.value == 0 || h.value == 0 {
		return errors.New("want WIDTHxHEIGHT in pixels, both 1 or more")
	}
	*z = size{images.Resize{Width: w.value, Height: h.value}, true}
	return nil
}

// channels is a flag that takes one number for each of red, green and blue.
type channels struct {
	value [3]float64
	set   bool
}

func (c *channels) String() string {
	if !c.set {
		return ""
	}
	return fmt.Sprintf("%g,%g,%g", c.value[0], c.value[1], c.value[2])
}

func (c *channels) Type() string { return "R,G,B" }

func (c *channels) Set(s string) error {
	parts := strings.Split(s, ",")
	if len(parts) != 3 {
		return errors.New("want three numbers with commas between, for red, green and blue")
	}
	for i, part := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%q is not a number", part)
		}
		c.value[i] = v
	}
	c.set = true
	return nil
}
