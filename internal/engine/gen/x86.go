package main

import (
	"fmt"
	"strings"
)

// An x86 describes the kernels of AVX2 with FMA and of AVX-512.
type x86 struct {
	family
	reg  string // vector register prefix
	regs int    // vector registers
}

// The tiles are the largest whose accumulators leave room for a row of weights
// and broadcast pixels.
var (
	avx512 = x86{family{isa: "avx512", goName: "AVX512", arch: "amd64", lanes: 16, width: 64, pixels: 6}, "Z", 32}
	avx2   = x86{family{isa: "avx2", goName: "AVX2", arch: "amd64", lanes: 8, width: 16, pixels: 6}, "Y", 16}
)

// unroll is how many steps of k the main loop does at a time.
const unroll = 4

// A tile is one kernel to write: m pixels by v vectors of channels.
type tile struct {
	x86
	m, v int
}

func (s tile) bytes() int          { return 4 * s.lanes }
func (s tile) acc(i, j int) string { return fmt.Sprintf("%s%d", s.reg, s.regs-1-(i*s.v+j)) }
func (s tile) weight(j int) string { return fmt.Sprintf("%s%d", s.reg, j) }

// pixel returns the register that pixel i is broadcast to: the free ones in turn.
func (s tile) pixel(i int) string {
	free := min(4, s.regs-s.v-s.m*s.v)
	return fmt.Sprintf("%s%d", s.reg, s.v+i%free)
}

// Pixel i is addressed as base + stride*scale: two moving pointers, at pixels 0
// and 3, reach all six pixels of a tile.
var (
	baseRegs = []string{"R8", "R9"}
	pixelAt  = [6]struct{ base, scale int }{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}}
)

func bases(m int) int {
	if m > 3 {
		return 2
	}
	return 1
}

func (s tile) write(w *strings.Builder) {
	m, name := s.m, s.fn(s.m, s.v*s.lanes)
	p := func(format string, a ...any) { fmt.Fprintf(w, format+"\n", a...) }
	p("// func %s(a *args)", name)
	p("TEXT ·%s(SB), NOSPLIT, $0-8", name)
	p("\tMOVQ a+0(FP), DI")
	p("\tMOVQ %d(DI), AX", argA)
	p("\tMOVQ %d(DI), SI", argAStride)
	p("\tMOVQ %d(DI), DX", argW)
	p("\tMOVQ %d(DI), R12", argTaps)
	p("\tMOVQ %d(DI), R13", argNTaps)
	p("\tVXORPS X0, X0, X0")
	for i := range m {
		for j := range s.v {
			p("\tVMOVAPS %s, %s", s.weight(0), s.acc(i, j))
		}
	}

	p("tap:")
	p("\tMOVQ (R12), R8")
	p("\tADDQ AX, R8")
	if bases(m) == 2 {
		p("\tLEAQ (SI)(SI*2), R9")
		p("\tADDQ R8, R9")
	}
	p("\tMOVQ %d(DI), CX", argK)
	p("\tSUBQ $%d, CX", unroll)
	p("\tJLT rest")
	p("\tPCALIGN $32")
	p("loop:")
	for u := range unroll {
		s.step(p, u)
	}
	s.advance(p, unroll)
	p("\tSUBQ $%d, CX", unroll)
	p("\tJGE loop")
	p("rest:")
	p("\tADDQ $%d, CX", unroll)
	p("\tJZ next")
	p("one:")
	s.step(p, 0)
	s.advance(p, 1)
	p("\tDECQ CX")
	p("\tJNZ one")
	p("next:")
	p("\tADDQ $8, R12")
	p("\tDECQ R13")
	p("\tJNZ tap")

	p("\tMOVQ %d(DI), R11", argBias)
	for j := range s.v {
		p("\tVMOVUPS %d(R11), %s", j*s.bytes(), s.weight(j))
	}
	for i := range m {
		for j := range s.v {
			p("\tVADDPS %s, %s, %s", s.weight(j), s.acc(i, j), s.acc(i, j))
		}
	}
	p("\tMOVQ %d(DI), R10", argRes)
	p("\tTESTQ R10, R10")
	p("\tJZ store")
	p("\tMOVQ %d(DI), R11", argRStride)
	for i := range m {
		for j := range s.v {
			p("\tVADDPS %d(R10), %s, %s", j*s.bytes(), s.acc(i, j), s.acc(i, j))
		}
		if i < m-1 {
			p("\tADDQ R11, R10")
		}
	}

	p("store:")
	// MAXPS returns its second source if either is NaN: here the accumulator.
	p("\tMOVQ %d(DI), R8", argC)
	p("\tMOVQ %d(DI), R9", argCStride)
	p("\tVBROADCASTSS %d(DI), %s", argLo, s.weight(0))
	for i := range m {
		for j := range s.v {
			p("\tVMAXPS %s, %s, %s", s.acc(i, j), s.weight(0), s.acc(i, j))
			p("\tVMOVUPS %s, %d(R8)", s.acc(i, j), j*s.bytes())
		}
		if i < m-1 {
			p("\tADDQ R9, R8")
		}
	}
	p("\tVZEROUPPER")
	p("\tRET")
	p("")
}

// step adds the products of one k, u steps after the pointers.
func (s tile) step(p func(string, ...any), u int) {
	for j := range s.v {
		p("\tVMOVUPS %d(DX), %s", (u*s.v+j)*s.bytes(), s.weight(j))
	}
	for i := range s.m {
		at := fmt.Sprintf("%d(%s)", 4*u, baseRegs[pixelAt[i].base])
		if n := pixelAt[i].scale; n > 0 {
			at += fmt.Sprintf("(SI*%d)", n)
		}
		p("\tVBROADCASTSS %s, %s", at, s.pixel(i))
		for j := range s.v {
			p("\tVFMADD231PS %s, %s, %s", s.weight(j), s.pixel(i), s.acc(i, j))
		}
	}
}

func (s tile) advance(p func(string, ...any), steps int) {
	p("\tADDQ $%d, DX", steps*s.v*s.bytes())
	for b := range bases(s.m) {
		p("\tADDQ $%d, %s", 4*steps, baseRegs[b])
	}
}

func (s x86) assembly() string {
	var w strings.Builder
	w.WriteString(s.header() + "#include \"textflag.h\"\n\n")
	fmt.Fprintf(&w, "// Registers: DI args; AX first pixel, SI pixel stride; R8 and R9 pixels 0 and 3 of\n"+
		"// the tap; DX weights; R12, R13 taps and their count; CX steps of k left;\n"+
		"// %s0.. weights, then broadcast pixels; accumulators from %s%d downwards.\n\n", s.reg, s.reg, s.regs-1)
	for v := 1; v*s.lanes <= s.width; v++ {
		for m := 1; m <= s.pixels; m++ {
			tile{s, m, v}.write(&w)
		}
	}
	s.peak(&w)
	return w.String()
}

// peak writes fmapeak_<isa>: zeros times zeros, as fast as they go.
func (s x86) peak(w *strings.Builder) {
	p := func(format string, a ...any) { fmt.Fprintf(w, format+"\n", a...) }
	p("// func fmapeak_%s(n int)", s.isa)
	p("TEXT ·fmapeak_%s(SB), NOSPLIT, $0-8", s.isa)
	p("\tMOVQ n+0(FP), CX")
	for i := range peakAccumulators + 1 {
		p("\tVXORPS X%d, X%d, X%d", i, i, i)
	}
	p("loop:")
	for i := range peakAccumulators {
		p("\tVFMADD231PS %s%d, %s%d, %s%d", s.reg, peakAccumulators, s.reg, peakAccumulators, s.reg, i)
	}
	p("\tDECQ CX")
	p("\tJNZ loop")
	p("\tVZEROUPPER")
	p("\tRET")
}
