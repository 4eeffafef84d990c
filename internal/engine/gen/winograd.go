package main

import (
	"fmt"
	"math"
	"strings"
)

// Offsets of the fields of engine.transformArgs.
const (
	argFrom, argFromRow, argFromPixel   = 0, 8, 16
	argTo, argToRow, argToPixel         = 24, 32, 40
	argChannels                         = 48
	argBiases                           = 56
	argResidual, argResRow, argResPixel = 64, 72, 80
	argBound                            = 88
	windowSide, squareSide              = 6, 4
)

// The numbers whose polynomials are behind the transforms, near and far in the engine.
const a, b = 0.625, 1.5

// Registers of factors, the first four of which both transforms have.
const (
	near, far, nearSquare, farSquare = 10, 11, 12, 13
	sumOfSquares, productOfSquares   = 14, 15
	nearCube, farCube                = 14, 15
	firstFactor                      = near
)

// A transform writes one of the transforms of Winograd's filtering. Both go through the
// columns, leave what they make on the stack, and go through the rows of that.
type transform struct {
	x86
	w *strings.Builder
}

func (t transform) p(format string, a ...any) { fmt.Fprintf(t.w, "\t"+format+"\n", a...) }

func (t transform) v(i int) string { return fmt.Sprintf("%s%d", t.reg, i) }

// op writes dst = a OP b of registers.
func (t transform) op(name string, a, b, dst int) {
	t.p("%s %s, %s, %s", name, t.v(b), t.v(a), t.v(dst))
}

func (t transform) add(a, b, dst int) { t.op("VADDPS", a, b, dst) }
func (t transform) sub(a, b, dst int) { t.op("VSUBPS", a, b, dst) }

// plus and minus write dst += factor*a and dst -= factor*a.
func (t transform) plus(factor, a, dst int)  { t.op("VFMADD231PS", a, factor, dst) }
func (t transform) minus(factor, a, dst int) { t.op("VFNMADD231PS", a, factor, dst) }

// stack returns where entry (y, x) of the columns' results waits.
func (t transform) stack(y, x int) string { return fmt.Sprintf("%d(SP)", (y*windowSide+x)*4*t.lanes) }

// analyse takes registers 0 to 5 to B' times them, and returns in which registers that is.
func (t transform) analyse() [windowSide]int {
	t.p("VMOVAPS %s, %s", t.v(4), t.v(6))
	t.minus(sumOfSquares, 2, 6)
	t.plus(productOfSquares, 0, 6)
	t.minus(sumOfSquares, 3, 5)
	t.plus(productOfSquares, 1, 5)
	t.p("VMOVAPS %s, %s", t.v(4), t.v(7))
	t.minus(farSquare, 2, 7) // even
	t.minus(nearSquare, 2, 4)
	t.p("VMOVAPS %s, %s", t.v(3), t.v(8))
	t.minus(farSquare, 1, 8) // odd, but for a factor
	t.minus(nearSquare, 1, 3)
	t.p("VMOVAPS %s, %s", t.v(7), t.v(0))
	t.plus(near, 8, 0)
	t.minus(near, 8, 7)
	t.p("VMOVAPS %s, %s", t.v(4), t.v(1))
	t.plus(far, 3, 1)
	t.minus(far, 3, 4)
	return [windowSide]int{6, 0, 7, 1, 4, 5}
}

// synthesise takes registers 0 to 5 to A' times them, and returns in which registers that is.
func (t transform) synthesise() [squareSide]int {
	t.add(1, 2, 6) // s1
	t.sub(1, 2, 7) // d1
	t.add(3, 4, 8) // s2
	t.sub(3, 4, 9) // d2
	t.add(0, 6, 0)
	t.add(0, 8, 0)
	t.op("VMULPS", 7, near, 1)
	t.plus(far, 9, 1)
	t.op("VMULPS", 6, nearSquare, 2)
	t.plus(farSquare, 8, 2)
	t.plus(nearCube, 7, 5)
	t.plus(farCube, 9, 5)
	return [squareSide]int{0, 1, 2, 5}
}

// begin writes a function's head, up to the loop over channels.
func (t transform) begin(name, registers string, factors []float32) {
	fmt.Fprintf(t.w, "// func %s_%s(a *transformArgs)\n// Registers: DI a; %s; CX channels left.\n", name, t.isa, registers)
	fmt.Fprintf(t.w, "TEXT ·%s_%s(SB), $%d-8\n", name, t.isa, windowSide*windowSide*4*t.lanes)
	t.p("MOVQ a+0(FP), DI")
	for i, f := range factors {
		t.p("MOVL $%#x, AX // %v", math.Float32bits(f), f)
		t.p("VMOVD AX, X%d", firstFactor+i)
		t.p("VBROADCASTSS X%d, %s", firstFactor+i, t.v(firstFactor+i))
	}
	t.p("MOVQ %d(DI), CX", argChannels)
}

// window writes window_<isa>.
func (t transform) window() {
	t.begin("window", "R8 first input, SI from row to row, DX from pixel to pixel; R9 first value, BX from one to the next; AX, R10 where in these", []float32{a, b, a * a, b * b, a*a + b*b, a * a * b * b})
	t.p("MOVQ %d(DI), R8", argFrom)
	t.p("MOVQ %d(DI), SI", argFromRow)
	t.p("MOVQ %d(DI), DX", argFromPixel)
	t.p("MOVQ %d(DI), R9", argTo)
	t.p("MOVQ %d(DI), BX", argToPixel)
	fmt.Fprintln(t.w, "loop:")
	t.p("MOVQ R8, R10")
	for x := range windowSide {
		t.p("MOVQ R10, AX")
		for y := range windowSide {
			t.p("VMOVUPS (AX), %s", t.v(y))
			if y < windowSide-1 {
				t.p("ADDQ SI, AX")
			}
		}
		for y, r := range t.analyse() {
			t.p("VMOVUPS %s, %s", t.v(r), t.stack(y, x))
		}
		t.p("ADDQ DX, R10")
	}
	t.p("MOVQ R9, AX")
	for y := range windowSide {
		for x := range windowSide {
			t.p("VMOVUPS %s, %s", t.stack(y, x), t.v(x))
		}
		for _, r := range t.analyse() {
			t.p("VMOVUPS %s, (AX)", t.v(r))
			t.p("ADDQ BX, AX")
		}
	}
	t.p("ADDQ $%d, R8", 4*t.lanes)
	t.p("ADDQ $%d, R9", 4*t.lanes)
	t.end()
}

func (t transform) end() {
	t.p("SUBQ $%d, CX", t.lanes)
	t.p("JNZ loop")
	t.p("VZEROUPPER")
	t.p("RET")
	fmt.Fprintln(t.w)
}

// square writes square_<isa>.
func (t transform) square() {
	t.begin("square", "R8 first product, DX from one position to the next; R9 first output, SI and BX from row to row and pixel to pixel; R11 bias; R12 residual or 0; AX, R10, R13 where in these", []float32{a, b, a * a, b * b, a * a * a, b * b * b})
	t.p("MOVQ %d(DI), R8", argFrom)
	t.p("MOVQ %d(DI), DX", argFromPixel)
	t.p("MOVQ %d(DI), R9", argTo)
	t.p("MOVQ %d(DI), SI", argToRow)
	t.p("MOVQ %d(DI), BX", argToPixel)
	t.p("MOVQ %d(DI), R11", argBiases)
	t.p("MOVQ %d(DI), R12", argResidual)
	fmt.Fprintln(t.w, "loop:")
	t.p("MOVQ R8, R10")
	t.p("LEAQ (DX)(DX*2), R13")
	t.p("ADDQ R13, R13") // a row of positions
	for x := range windowSide {
		t.p("MOVQ R10, AX")
		for y := range windowSide {
			t.p("VMOVUPS (AX), %s", t.v(y))
			if y < windowSide-1 {
				t.p("ADDQ R13, AX")
			}
		}
		for y, r := range t.synthesise() {
			t.p("VMOVUPS %s, %s", t.v(r), t.stack(y, x))
		}
		t.p("ADDQ DX, R10")
	}
	t.p("MOVQ R9, R10")
	t.p("MOVQ R12, R13")
	for y := range squareSide {
		for x := range windowSide {
			t.p("VMOVUPS %s, %s", t.stack(y, x), t.v(x))
		}
		outputs := t.synthesise()
		for _, r := range outputs {
			t.p("VADDPS (R11), %s, %s", t.v(r), t.v(r))
		}
		t.p("TESTQ R13, R13")
		t.p("JZ store%d", y)
		t.p("MOVQ R13, AX")
		for x, r := range outputs {
			t.p("VADDPS (AX), %s, %s", t.v(r), t.v(r))
			if x < squareSide-1 {
				t.p("ADDQ %d(DI), AX", argResPixel)
			}
		}
		t.p("ADDQ %d(DI), R13", argResRow)
		fmt.Fprintf(t.w, "store%d:\n", y)
		t.p("MOVQ R10, AX")
		t.p("VBROADCASTSS %d(DI), %s", argBound, t.v(6))
		for x, r := range outputs {
			t.p("VMAXPS %s, %s, %s", t.v(r), t.v(6), t.v(r)) // its second source, the output, if that is NaN
			t.p("VMOVUPS %s, (AX)", t.v(r))
			if x < squareSide-1 {
				t.p("ADDQ BX, AX")
			}
		}
		t.p("ADDQ SI, R10")
	}
	t.p("ADDQ $%d, R8", 4*t.lanes)
	t.p("ADDQ $%d, R9", 4*t.lanes)
	t.p("ADDQ $%d, R11", 4*t.lanes)
	t.p("TESTQ R12, R12")
	t.p("JZ next")
	t.p("ADDQ $%d, R12", 4*t.lanes)
	fmt.Fprintln(t.w, "next:")
	t.end()
}

// transforms writes those of one instruction set.
func (s x86) transforms() string {
	var w strings.Builder
	w.WriteString(s.header() + "#include \"textflag.h\"\n\n")
	t := transform{s, &w}
	t.window()
	t.square()
	return w.String()
}

func (s x86) transformDeclarations() string {
	return fmt.Sprintf(`%spackage engine

// window_%[2]s is windowGeneric for a multiple of %[3]d channels above 0.
//
//go:noescape
func window_%[2]s(a *transformArgs)

// square_%[2]s is squareGeneric for a multiple of %[3]d channels above 0.
//
//go:noescape
func square_%[2]s(a *transformArgs)
`, s.header(), s.isa, s.lanes)
}
