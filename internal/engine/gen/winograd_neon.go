package main

import (
	"fmt"
	"math"
	"strings"
)

// A neonVectors writes what the transforms are made of for arm64's Advanced SIMD.
type neonVectors struct {
	neon
	w *strings.Builder
}

// R0 has the arguments, R1 how many channels are left, R2 where the stack's vectors are.
var neonPointers = map[pointer]string{from: "R3", fromPixel: "R4", to: "R5", toPixel: "R6", pitch: "R7", biases: "R8", residual: "R9",
	at: "R10", column: "R11", row: "R12"}

const (
	neonScratch = "R13"
	neonLoaded  = 16 // what is added at once
)

func (s neonVectors) about() family { return s.family }

// frame leaves room to begin at a multiple of a vector behind what Go keeps at its end.
func (s neonVectors) frame() int { return (windowSide*windowSide + 1) * 4 * s.lanes }

func (s neonVectors) line(format string, a ...any) { fmt.Fprintf(s.w, format+"\n", a...) }

func (s neonVectors) p(format string, a ...any) { s.line("\t"+format, a...) }

func (s neonVectors) begin() {
	s.line("\t// Registers: R0 arguments; R1 channels left; R2 stack; R3 from, R4 from pixel to pixel; R5 to, R6 from pixel to pixel;")
	s.line("\t// R7 from row to row; R8 biases; R9 residual; R10, R11, R12 where in these.")
	s.p("MOVD a+0(FP), R0")
	s.p("ADD $%d, RSP, R2", 4*s.lanes)
}

func (s neonVectors) factor(v int, of float32) {
	s.p("MOVW $%#x, %s // %v", math.Float32bits(of), neonScratch, of)
	s.p("VDUP %s, V%d.S4", neonScratch, v)
}

func (s neonVectors) channels() { s.p("MOVD %d(R0), R1", argChannels) }

func (s neonVectors) next() {
	s.p("SUBS $%d, R1", s.lanes)
	s.p("BNE loop")
	s.p("RET")
	s.line("")
}

func (s neonVectors) move(v, dst int)           { s.p("VORR V%[1]d.B16, V%[1]d.B16, V%[2]d.B16", v, dst) }
func (s neonVectors) add(x, y, dst int)         { s.line(fadd(dst, x, y)) }
func (s neonVectors) subtract(x, y, dst int)    { s.line(three("FSUB", 0x4ea0d400, dst, x, y)) }
func (s neonVectors) multiply(x, y, dst int)    { s.line(three("FMUL", 0x6e20dc00, dst, x, y)) }
func (s neonVectors) addProduct(x, y, dst int)  { s.p("VFMLA V%d.S4, V%d.S4, V%d.S4", y, x, dst) }
func (s neonVectors) takeProduct(x, y, dst int) { s.p("VFMLS V%d.S4, V%d.S4, V%d.S4", y, x, dst) }
func (s neonVectors) atLeast(bound, v int)      { s.line(fmax(v, v, bound)) } // NaN if either is

func (s neonVectors) bound(v int) {
	s.p("FMOVS %d(R0), F%d", argBound, v)
	s.p("VDUP V%[1]d.S[0], V%[1]d.S4", v)
}

func (s neonVectors) load(p pointer, v int)  { s.p("FMOVQ (%s), F%d", neonPointers[p], v) }
func (s neonVectors) store(v int, p pointer) { s.p("FMOVQ F%d, (%s)", v, neonPointers[p]) }
func (s neonVectors) fromStack(i, v int)     { s.p("FMOVQ %d(R2), F%d", i*4*s.lanes, v) }
func (s neonVectors) toStack(v, i int)       { s.p("FMOVQ F%d, %d(R2)", v, i*4*s.lanes) }

func (s neonVectors) addFrom(p pointer, v int) {
	s.load(p, neonLoaded)
	s.add(v, neonLoaded, v)
}

func (s neonVectors) copyPointer(p, dst pointer) {
	s.p("MOVD %s, %s", neonPointers[p], neonPointers[dst])
}
func (s neonVectors) field(offset int, dst pointer) {
	s.p("MOVD %d(R0), %s", offset, neonPointers[dst])
}
func (s neonVectors) forward(p, by pointer) { s.p("ADD %s, %s", neonPointers[by], neonPointers[p]) }
func (s neonVectors) advance(p pointer)     { s.p("ADD $%d, %s", 4*s.lanes, neonPointers[p]) }

func (s neonVectors) addField(offset int, dst pointer) {
	s.p("MOVD %d(R0), %s", offset, neonScratch)
	s.p("ADD %s, %s", neonScratch, neonPointers[dst])
}

func (s neonVectors) sixTimes(p, dst pointer) {
	s.p("ADD %[1]s<<1, %[1]s, %[2]s", neonPointers[p], neonPointers[dst])
	s.p("ADD %[1]s, %[1]s", neonPointers[dst])
}

func (s neonVectors) skipIfZero(p pointer, label string) { s.p("CBZ %s, %s", neonPointers[p], label) }
