package main

import (
	"fmt"
	"strings"
)

// A neon describes the kernels of arm64's Advanced SIMD.
type neon struct{ family }

// 16 accumulators, the pixels of a full tile and two steps of weights fill 28
// of the 32 vector registers.
var asimd = neon{family{isa: "neon", goName: "NEON", arch: "arm64", lanes: 4, width: 8, pixels: 8}}

// A neonTile is one kernel to write: m pixels by v vectors of channels.
//
// The main loop takes k in groups as long as a vector: one load brings a pixel's
// next four values, and each is multiplied from its place in the register.
// Everything is loaded well before its use, for cores that run in order: the
// weights of a step during the step before, the pixels of a group behind the last
// use of the group before. The last group is written once more, without the
// loads for a next one, so nothing beyond the operands is read.
type neonTile struct {
	neon
	m, v int
}

// Vector registers by number. The weights of even and odd steps are apart.
func (s neonTile) pixel(i int) int     { return i }
func (s neonTile) weight(u, j int) int { return 8 + u%2*s.v + j }
func (s neonTile) acc(i, j int) int    { return 16 + i*s.v + j }

// pointer is the general register that holds where the tap's run of pixel i
// begins. All pixels are read at one offset from there, in register offset.
func (s neonTile) pointer(i int) int { return 8 + i }

const offset = 7

// Instructions that Go's assembler does not know. Operands are in Arm's order:
// the destination first.

// fmla is d += n * m[lane].
func fmla(d, n, m, lane int) string {
	word := 0x4f801000 | lane&1<<21 | lane>>1<<11 | m<<16 | n<<5 | d
	return fmt.Sprintf("\tWORD $0x%08x // FMLA V%d.4S, V%d.4S, V%d.S[%d]", word, d, n, m, lane)
}

// ldr is d = the vector at base + index.
func ldr(d, base, index int) string {
	return fmt.Sprintf("\tWORD $0x%08x // LDR Q%d, [X%d, X%d]", 0x3ce06800|index<<16|base<<5|d, d, base, index)
}

func fadd(d, n, m int) string { return three("FADD", 0x4e20d400, d, n, m) }
func fmax(d, n, m int) string { return three("FMAX", 0x4e20f400, d, n, m) }

func three(name string, word, d, n, m int) string {
	return fmt.Sprintf("\tWORD $0x%08x // %s V%d.4S, V%d.4S, V%d.4S", word|m<<16|n<<5|d, name, d, n, m)
}

func (s neonTile) write(w *strings.Builder) {
	m, name := s.m, s.fn(s.m, s.v*s.lanes)
	p := func(format string, a ...any) { fmt.Fprintf(w, format+"\n", a...) }
	p("// func %s(a *args)", name)
	p("TEXT ·%s(SB), NOSPLIT, $0-8", name)
	p("\tMOVD a+0(FP), R0")
	p("\tMOVD %d(R0), R1", argA)
	p("\tMOVD %d(R0), R2", argAStride)
	p("\tMOVD %d(R0), R3", argW)
	p("\tMOVD %d(R0), R4", argTaps)
	p("\tMOVD %d(R0), R5", argNTaps)
	for i := range m {
		for j := range s.v {
			p("\tVEOR V%[1]d.B16, V%[1]d.B16, V%[1]d.B16", s.acc(i, j))
		}
	}

	p("tap:")
	p("\tMOVD.P 8(R4), R%d", s.pointer(0))
	p("\tADD R1, R%d", s.pointer(0))
	for i := 1; i < m; i++ {
		p("\tADD R2, R%d, R%d", s.pointer(i-1), s.pointer(i))
	}
	p("\tMOVD ZR, R%d", offset)
	p("\tMOVD %d(R0), R6", argK)
	p("\tSUBS $%d, R6", s.lanes)
	p("\tBLT rest")
	s.loadWeights(p, 0, 0)
	for i := range m {
		p(ldr(s.pixel(i), s.pointer(i), offset))
	}
	s.advance(p, 1, s.lanes)
	p("\tSUBS $%d, R6", s.lanes)
	p("\tBLT last")
	p("\tPCALIGN $16")
	p("loop:")
	s.group(p, true)
	p("\tSUBS $%d, R6", s.lanes)
	p("\tBGE loop")
	p("last:")
	s.group(p, false)
	p("rest:")
	p("\tADDS $%d, R6", s.lanes)
	p("\tBEQ next")
	p("one:")
	s.single(p)
	p("\tSUBS $1, R6")
	p("\tBNE one")
	p("next:")
	p("\tSUBS $1, R5")
	p("\tBNE tap")

	p("\tMOVD %d(R0), R7", argBias)
	s.row(p, "(R7)", s.weight(0, 0))
	for i := range m {
		for j := range s.v {
			p(fadd(s.acc(i, j), s.acc(i, j), s.weight(0, j)))
		}
	}
	p("\tMOVD %d(R0), R7", argRes)
	p("\tCBZ R7, store")
	p("\tMOVD %d(R0), R8", argRStride)
	for i := range m {
		s.row(p, "(R7)", s.weight(i, 0))
		for j := range s.v {
			p(fadd(s.acc(i, j), s.acc(i, j), s.weight(i, j)))
		}
		if i < m-1 {
			p("\tADD R8, R7")
		}
	}

	p("store:")
	// FMAX returns NaN if either operand is NaN.
	p("\tMOVD %d(R0), R7", argC)
	p("\tMOVD %d(R0), R8", argCStride)
	p("\tFMOVS %d(R0), F%d", argLo, s.weight(0, 0))
	p("\tVDUP V%d.S[0], V%d.S4", s.weight(0, 0), s.weight(0, 0))
	for i := range m {
		for j := range s.v {
			p(fmax(s.acc(i, j), s.acc(i, j), s.weight(0, 0)))
		}
		if s.v == 2 {
			p("\tFSTPQ (F%d, F%d), (R7)", s.acc(i, 0), s.acc(i, 1))
		} else {
			p("\tFMOVQ F%d, (R7)", s.acc(i, 0))
		}
		if i < m-1 {
			p("\tADD R8, R7")
		}
	}
	p("\tRET")
	p("")
}

// row loads one row of channels into consecutive registers.
func (s neonTile) row(p func(string, ...any), from string, to int) {
	if s.v == 2 {
		p("\tFLDPQ %s, (F%d, F%d)", from, to, to+1)
	} else {
		p("\tFMOVQ %s, F%d", from, to)
	}
}

// loadWeights loads the weights of step u, which are so many rows away.
func (s neonTile) loadWeights(p func(string, ...any), u, rows int) {
	s.row(p, fmt.Sprintf("%d(R3)", rows*s.rowBytes()), s.weight(u, 0))
}

func (s neonTile) rowBytes() int { return 4 * s.lanes * s.v }

// advance moves on to the next weights and pixels to load.
func (s neonTile) advance(p func(string, ...any), rows, floats int) {
	p("\tADD $%d, R3", rows*s.rowBytes())
	if floats > 0 {
		p("\tADD $%d, R%d", 4*floats, offset)
	}
}

// group adds the products of a group, whose pixels and first weights are in
// their registers, and if another follows leaves those of that one there.
func (s neonTile) group(p func(string, ...any), another bool) {
	last := s.lanes - 1
	for u := range s.lanes {
		if u < last || another {
			s.loadWeights(p, u+1, u)
		}
		for i := range s.m {
			for j := range s.v {
				p(fmla(s.acc(i, j), s.weight(u, j), s.pixel(i), u))
			}
			if u == last && another {
				p(ldr(s.pixel(i), s.pointer(i), offset))
			}
		}
	}
	if another {
		s.advance(p, s.lanes, s.lanes)
	} else {
		s.advance(p, last, 0)
	}
}

// single adds the products of one k.
func (s neonTile) single(p func(string, ...any)) {
	s.loadWeights(p, 0, 0)
	for i := range s.m {
		p("\tFMOVS (R%d)(R%d), F%d", s.pointer(i), offset, s.pixel(i))
	}
	for i := range s.m {
		for j := range s.v {
			p(fmla(s.acc(i, j), s.weight(0, j), s.pixel(i), 0))
		}
	}
	s.advance(p, 1, 1)
}

func (s neon) assembly() string {
	var w strings.Builder
	w.WriteString(s.header() + "#include \"textflag.h\"\n\n")
	w.WriteString("// Registers: R0 args; R1 first pixel, R2 pixel stride; R3 weights; R4, R5 taps and\n" +
		"// their count; R6 steps of k left; R8.. pixels of the tap, R7 how far into them;\n" +
		"// V0.. pixels, V8.. weights, V16.. accumulators.\n\n")
	for v := 1; v*s.lanes <= s.width; v++ {
		for m := 1; m <= s.pixels; m++ {
			neonTile{s, m, v}.write(&w)
		}
	}
	s.peak(&w)
	return w.String()
}

// peak writes fmapeak_neon: zeros times zeros, as fast as they go. Cores with
// four multipliers have more than one round under way: the rounds use two sets
// of accumulators in turn.
func (s neon) peak(w *strings.Builder) {
	p := func(format string, a ...any) { fmt.Fprintf(w, format+"\n", a...) }
	const zero = 2 * peakAccumulators
	p("// func fmapeak_%s(n int)", s.isa)
	p("TEXT ·fmapeak_%s(SB), NOSPLIT, $0-8", s.isa)
	p("\tMOVD n+0(FP), R0")
	for i := range zero + 1 {
		p("\tVEOR V%d.B16, V%d.B16, V%d.B16", i, i, i)
	}
	p("loop:")
	for i := range peakAccumulators {
		p("\tVFMLA V%d.S4, V%d.S4, V%d.S4", zero, zero, i)
	}
	p("\tSUBS $1, R0")
	p("\tBEQ done")
	for i := range peakAccumulators {
		p("\tVFMLA V%d.S4, V%d.S4, V%d.S4", zero, zero, peakAccumulators+i)
	}
	p("\tSUBS $1, R0")
	p("\tBNE loop")
	p("done:")
	p("\tRET")
}
