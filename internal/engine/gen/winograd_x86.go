package main

import (
	"fmt"
	"math"
	"strings"
)

// An x86Vectors writes what the transforms are made of for AVX2 and AVX-512.
type x86Vectors struct {
	x86
	w *strings.Builder
}

// DI has the arguments, CX how many channels are left.
var x86Pointers = map[pointer]string{from: "R8", fromPixel: "DX", to: "R9", toPixel: "BX", pitch: "SI", biases: "R11", residual: "R12",
	at: "AX", column: "R10", row: "R13"}

func (s x86Vectors) about() family { return s.family }

func (s x86Vectors) frame() int { return windowSide * windowSide * 4 * s.lanes }

func (s x86Vectors) line(format string, a ...any) { fmt.Fprintf(s.w, format+"\n", a...) }

func (s x86Vectors) p(format string, a ...any) { s.line("\t"+format, a...) }

func (s x86Vectors) v(i int) string { return fmt.Sprintf("%s%d", s.reg, i) }

func (s x86Vectors) begin() {
	s.line("\t// Registers: DI arguments; CX channels left; R8 from, DX from pixel to pixel; R9 to, BX from pixel to pixel;")
	s.line("\t// SI from row to row; R11 biases; R12 residual; AX, R10, R13 where in these.")
	s.p("MOVQ a+0(FP), DI")
}

func (s x86Vectors) factor(v int, of float32) {
	s.p("MOVL $%#x, AX // %v", math.Float32bits(of), of)
	s.p("VMOVD AX, X%d", v)
	s.p("VBROADCASTSS X%d, %s", v, s.v(v))
}

func (s x86Vectors) channels() { s.p("MOVQ %d(DI), CX", argChannels) }

func (s x86Vectors) next() {
	s.p("SUBQ $%d, CX", s.lanes)
	s.p("JNZ loop")
	s.p("VZEROUPPER")
	s.p("RET")
	s.line("")
}

func (s x86Vectors) three(name string, x, y, dst int) {
	s.p("%s %s, %s, %s", name, s.v(y), s.v(x), s.v(dst))
}

func (s x86Vectors) move(v, dst int)           { s.p("VMOVAPS %s, %s", s.v(v), s.v(dst)) }
func (s x86Vectors) add(x, y, dst int)         { s.three("VADDPS", x, y, dst) }
func (s x86Vectors) subtract(x, y, dst int)    { s.three("VSUBPS", x, y, dst) }
func (s x86Vectors) multiply(x, y, dst int)    { s.three("VMULPS", x, y, dst) }
func (s x86Vectors) addProduct(x, y, dst int)  { s.three("VFMADD231PS", x, y, dst) }
func (s x86Vectors) takeProduct(x, y, dst int) { s.three("VFNMADD231PS", x, y, dst) }
func (s x86Vectors) atLeast(bound, v int)      { s.three("VMAXPS", bound, v, v) } // its second source, v, if that is NaN
func (s x86Vectors) bound(v int)               { s.p("VBROADCASTSS %d(DI), %s", argBound, s.v(v)) }

func (s x86Vectors) load(p pointer, v int)  { s.p("VMOVUPS (%s), %s", x86Pointers[p], s.v(v)) }
func (s x86Vectors) store(v int, p pointer) { s.p("VMOVUPS %s, (%s)", s.v(v), x86Pointers[p]) }
func (s x86Vectors) addFrom(p pointer, v int) {
	s.p("VADDPS (%s), %[2]s, %[2]s", x86Pointers[p], s.v(v))
}
func (s x86Vectors) fromStack(i, v int) { s.p("VMOVUPS %d(SP), %s", i*4*s.lanes, s.v(v)) }
func (s x86Vectors) toStack(v, i int)   { s.p("VMOVUPS %s, %d(SP)", s.v(v), i*4*s.lanes) }

func (s x86Vectors) copyPointer(p, dst pointer)    { s.p("MOVQ %s, %s", x86Pointers[p], x86Pointers[dst]) }
func (s x86Vectors) field(offset int, dst pointer) { s.p("MOVQ %d(DI), %s", offset, x86Pointers[dst]) }
func (s x86Vectors) addField(offset int, dst pointer) {
	s.p("ADDQ %d(DI), %s", offset, x86Pointers[dst])
}
func (s x86Vectors) forward(p, by pointer) { s.p("ADDQ %s, %s", x86Pointers[by], x86Pointers[p]) }
func (s x86Vectors) advance(p pointer)     { s.p("ADDQ $%d, %s", 4*s.lanes, x86Pointers[p]) }

func (s x86Vectors) sixTimes(p, dst pointer) {
	s.p("LEAQ (%[1]s)(%[1]s*2), %s", x86Pointers[p], x86Pointers[dst])
	s.p("ADDQ %[1]s, %[1]s", x86Pointers[dst])
}

func (s x86Vectors) skipIfZero(p pointer, label string) {
	s.p("TESTQ %[1]s, %[1]s", x86Pointers[p])
	s.p("JZ %s", label)
}
