package flagvalue

import (
	"fmt"
	"strconv"
)

const (
	autoZoom = -1 // what a Zoom of "auto" is
	mostZoom = 64
)

// Zoom is a flag that takes how many pixels each of an image's becomes, along a side, or "auto",
// which is -1. 0 stands for none given.
type Zoom int

func (z *Zoom) String() string {
	switch *z {
	case 0:
		return ""
	case autoZoom:
		return "auto"
	}
	return strconv.Itoa(int(*z))
}

func (z *Zoom) Type() string { return "N|auto" }

func (z *Zoom) Set(s string) error {
	if s == "auto" {
		*z = autoZoom
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > mostZoom {
		return fmt.Errorf("want a whole number from 1 to %d, or auto", mostZoom)
	}
	*z = Zoom(n)
	return nil
}
