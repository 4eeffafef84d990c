package flagvalue

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"bagnet/internal/chart"
)

// Millimetres is a flag that takes the size of a figure, as 180x110.
type Millimetres struct{ Size chart.Size }

// Given reports whether there is a size.
func (m *Millimetres) Given() bool { return m.Size != (chart.Size{}) }

func (m *Millimetres) String() string {
	if !m.Given() {
		return ""
	}
	return fmt.Sprintf("%gx%g", m.Size.Width, m.Size.Height)
}

func (m *Millimetres) Type() string { return "WxH" }

func (m *Millimetres) Set(s string) error {
	w, h, found := strings.Cut(s, "x")
	width, wrongWidth := strconv.ParseFloat(w, 64)
	height, wrongHeight := strconv.ParseFloat(h, 64)
	if !found || wrongWidth != nil || wrongHeight != nil {
		return errors.New("want a width and a height in millimetres, as 180x110")
	}
	size := chart.Size{Width: width, Height: height}
	if size == (chart.Size{}) {
		return errors.New("want a width and a height in millimetres, as 180x110")
	}
	if err := size.Check(); err != nil {
		return err
	}
	m.Size = size
	return nil
}
