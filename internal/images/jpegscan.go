package images

import (
	"fmt"
	"image/jpeg"
)

// jpegScan is one scan: some coefficients of some components.
type jpegScan struct {
	d            *jpegDecoder
	components   []*scanComponent
	first, last  int  // coefficients, in zigzag order
	refines      bool // one more bit of coefficients that an earlier scan began
	low          uint // lowest bit of the coefficients that the scan has
	bits         jpegBits
	endsOfBlock  int32 // blocks in a row that have no more coefficients (EOBRUN)
	across, down int   // MCUs
}

type scanComponent struct {
	*jpegPlane
	dc, ac *jpegHuffman
	before int32 // the last block's DC
}

const (
	errScanShort = jpeg.FormatError("the data of a scan end before its last block: the picture is incomplete")
	errScanRun   = jpeg.FormatError("more than 64 coefficients in a block")
)

// newScan reads a scan's header; data is what follows it.
func (d *jpegDecoder) newScan(body, data []byte) (*jpegScan, error) {
	s := &jpegScan{d: d, last: 63, across: d.across, down: d.down, bits: jpegBits{data: data}}
	n := 0
	if len(body) > 0 {
		n = int(body[0])
	}
	if n < 1 || n > 4 || len(body) != 4+2*n {
		return nil, jpeg.FormatError("a scan header of a wrong length")
	}
	spec := body[1+2*n:]
	if d.progressive {
		high := uint(spec[2] >> 4)
		s.first, s.last, s.low, s.refines = int(spec[0]), int(spec[1]), uint(spec[2]&15), high > 0
		dc := s.first == 0 && s.last == 0
		if !dc && (s.first == 0 || s.first > s.last || s.last > 63 || n > 1) || s.low > 13 || s.refines && high != s.low+1 {
			return nil, jpeg.FormatError("an impossible progressive scan")
		}
	}
	blocks := 0
	for i := range n {
		id, tables := body[1+2*i], body[2+2*i]
		c := &scanComponent{}
		for _, p := range d.components {
			if p.id == id {
				c.jpegPlane = p
			}
		}
		for _, other := range s.components {
			if other.jpegPlane == c.jpegPlane {
				c.jpegPlane = nil
			}
		}
		if c.jpegPlane == nil || tables>>4 > 3 || tables&15 > 3 {
			return nil, jpeg.FormatError("a scan of an unknown component or table")
		}
		c.dc, c.ac = d.huffman[0][tables>>4], d.huffman[1][tables&15]
		if c.dc == nil && s.first == 0 && !s.refines || c.ac == nil && s.last > 0 {
			return nil, jpeg.FormatError("a scan without its Huffman table")
		}
		if c.quantisation == nil {
			if c.table > 3 || d.quantisation[c.table] == nil {
				return nil, jpeg.FormatError("a component without its quantisation table")
			}
			c.quantisation = d.quantisation[c.table]
		}
		blocks += c.h * c.v
		s.components = append(s.components, c)
	}
	if n == 1 {
		s.across, s.down = s.components[0].across, s.components[0].down
	} else if blocks > 10 {
		return nil, jpeg.FormatError(fmt.Sprintf("%d blocks in an MCU: 10 is the most there may be", blocks))
	}
	return s, nil
}

// decode decodes all blocks.
func (s *jpegScan) decode() error {
	restarts := 0
	for mcu := range s.across * s.down {
		if n := s.d.restartBlocks; n > 0 && mcu > 0 && mcu%n == 0 {
			if err := s.restart(restarts); err != nil {
				return err
			}
			restarts++
		}
		x, y := mcu%s.across, mcu/s.across
		if s.bits.zeros && mcu%s.d.restartBlocks > 0 {
			s.skip(x, y)
			continue
		}
		if len(s.components) == 1 {
			if err := s.block(s.components[0], x, y); err != nil {
				return err
			}
			continue
		}
		for _, c := range s.components {
			for i := range c.h * c.v {
				if err := s.block(c, c.h*x+i%c.h, c.v*y+i/c.h); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// skip leaves the blocks of an MCU that has no data grey.
func (s *jpegScan) skip(x, y int) {
	if s.d.progressive {
		return
	}
	for _, c := range s.components {
		h, v := c.h, c.v
		if len(s.components) == 1 {
			h, v = 1, 1
		}
		for i := range h * v {
			c.transform(new([64]int32), h*x+i%h, v*y+i/h)
		}
	}
}

// restart passes the restart marker that ends the interval number before. Of a
// marker with another number it thinks as libjpeg does (jpeg_resync_to_restart):
// one or two early, it belongs to data that are dropped; far off, it is a slip.
// One or two late, it is left for later, and this interval has no data: one MCU
// of zero bits, and grey.
func (s *jpegScan) restart(before int) error {
	s.endsOfBlock, s.bits.zeros = 0, false
	for _, c := range s.components {
		c.before = 0
	}
	for {
		marker := s.bits.nextMarker()
		if marker < markerRST0 || marker > markerRST7 {
			return errScanShort
		}
		switch (int(marker) - markerRST0 - before) & 7 {
		case 1, 2:
			s.bits.pos -= 2
			s.bits.zeros = true
		case 6, 7:
			continue
		}
		return nil
	}
}

func (s *jpegScan) block(c *scanComponent, x, y int) error {
	var err error
	if !s.d.progressive {
		var b [64]int32
		if err = s.sequential(c, &b); err == nil {
			c.transform(&b, x, y)
		}
	} else {
		b := (*[64]int16)(c.coefficients[64*(y*c.stride+x):])
		switch {
		case s.first == 0 && !s.refines:
			c.before += s.difference(c)
			b[0] = int16(c.before << s.low)
		case s.first == 0:
			b[0] |= int16(s.bits.take(1) << s.low)
		case !s.refines:
			err = s.begin(c, b)
		default:
			err = s.refine(c, b)
		}
	}
	if s.bits.failed {
		return errScanShort
	}
	return err
}

func (s *jpegScan) difference(c *scanComponent) int32 {
	return s.bits.number(uint(s.bits.symbol(c.dc)))
}

// sequential reads a whole block (T.81, F.2.2).
func (s *jpegScan) sequential(c *scanComponent, b *[64]int32) error {
	c.before += s.difference(c)
	b[0] = c.before
	for k := 1; k < 64; k++ {
		v := s.bits.symbol(c.ac)
		run, size := int(v>>4), uint(v&15)
		if size == 0 && run < 15 {
			break
		}
		if k += run; size == 0 {
			continue
		}
		if k > 63 {
			return errScanRun
		}
		b[zigzag[k]] = s.bits.number(size)
	}
	return nil
}

// begin reads the first bits of a block's coefficients (G.1.2.2).
func (s *jpegScan) begin(c *scanComponent, b *[64]int16) error {
	if s.endsOfBlock > 0 {
		s.endsOfBlock--
		return nil
	}
	for k := s.first; k <= s.last; k++ {
		v := s.bits.symbol(c.ac)
		run, size := int(v>>4), uint(v&15)
		if size == 0 && run < 15 {
			s.endsOfBlock = 1<<run + s.bits.take(uint(run)) - 1
			break
		}
		if k += run; size == 0 {
			continue
		}
		if k > s.last {
			return errScanRun
		}
		b[zigzag[k]] = int16(s.bits.number(size) << s.low)
	}
	return nil
}

// refine reads one more bit of coefficients that are not 0, and those that are 1
// or -1 in this bit for the first time (G.1.2.3).
func (s *jpegScan) refine(c *scanComponent, b *[64]int16) error {
	one := int16(1) << s.low
	more := func(v *int16) {
		if s.bits.take(1) == 0 || *v&one != 0 {
			return
		}
		if *v > 0 {
			*v += one
		} else {
			*v -= one
		}
	}
	k := s.first
	for s.endsOfBlock == 0 && k <= s.last {
		v := s.bits.symbol(c.ac)
		run, size := int(v>>4), v&15
		fresh := int16(0)
		switch {
		case size == 1:
			fresh = -one
			if s.bits.take(1) == 1 {
				fresh = one
			}
		case size > 1:
			return jpeg.FormatError("a new coefficient of more than one bit in a refining scan")
		case run < 15:
			s.endsOfBlock = 1<<run + s.bits.take(uint(run))
			continue
		}
		for ; k <= s.last; k++ {
			if p := &b[zigzag[k]]; *p != 0 {
				more(p)
			} else if run--; run < 0 {
				break
			}
		}
		if fresh != 0 {
			if k > s.last {
				return errScanRun
			}
			b[zigzag[k]] = fresh
		}
		k++
		if s.bits.failed {
			return errScanShort
		}
	}
	if s.endsOfBlock > 0 {
		for ; k <= s.last; k++ {
			if p := &b[zigzag[k]]; *p != 0 {
				more(p)
			}
		}
		s.endsOfBlock--
	}
	return nil
}
