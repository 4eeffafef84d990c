package main

import (
	"fmt"
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

// A pointer is a general register, by what it holds.
type pointer int

const (
	from      pointer = iota // first input or product
	fromPixel                // bytes from one to the next
	to                       // first value or output
	toPixel                  // bytes from one to the next
	pitch                    // bytes from one row of inputs or outputs to the next
	biases
	residual // or 0
	at       // where in these, as the next two
	column
	row
)

// A vectors writes what the transforms are made of. Vector registers have numbers.
type vectors interface {
	about() family
	frame() int // bytes of the stack
	line(format string, a ...any)
	begin()                    // the arguments are at hand
	factor(v int, of float32)  // in every lane
	channels()                 // the count of those left
	next()                     // goes back to "loop" if some are left, and else returns
	move(v, dst int)           // dst = v
	add(x, y, dst int)         // dst = x + y
	subtract(x, y, dst int)    // dst = x - y
	multiply(x, y, dst int)    // dst = x * y
	addProduct(x, y, dst int)  // dst += x * y
	takeProduct(x, y, dst int) // dst -= x * y
	atLeast(bound, v int)      // v = the larger one, or NaN if v is
	bound(v int)               // that of the outputs, in every lane
	load(p pointer, v int)
	store(v int, p pointer)
	addFrom(p pointer, v int)
	fromStack(i, v int)
	toStack(v, i int)
	copyPointer(p, dst pointer)
	field(offset int, dst pointer)
	addField(offset int, dst pointer)
	forward(p, by pointer)
	sixTimes(p, dst pointer)
	advance(p pointer) // by a vector
	skipIfZero(p pointer, label string)
}

// A transform writes one of the transforms of Winograd's filtering. Both go through the
// columns, leave what they make on the stack, and go through the rows of that.
type transform struct{ vectors }

func onStack(y, x int) int { return y*windowSide + x }

// analyse takes registers 0 to 5 to B' times them, and returns in which registers that is.
func (t transform) analyse() []int {
	t.move(4, 6)
	t.takeProduct(2, sumOfSquares, 6)
	t.addProduct(0, productOfSquares, 6)
	t.takeProduct(3, sumOfSquares, 5)
	t.addProduct(1, productOfSquares, 5)
	t.move(4, 7)
	t.takeProduct(2, farSquare, 7) // even
	t.takeProduct(2, nearSquare, 4)
	t.move(3, 8)
	t.takeProduct(1, farSquare, 8) // odd, but for a factor
	t.takeProduct(1, nearSquare, 3)
	t.move(7, 0)
	t.addProduct(8, near, 0)
	t.takeProduct(8, near, 7)
	t.move(4, 1)
	t.addProduct(3, far, 1)
	t.takeProduct(3, far, 4)
	return []int{6, 0, 7, 1, 4, 5}
}

// synthesise takes registers 0 to 5 to A' times them, and returns in which registers that is.
func (t transform) synthesise() []int {
	t.add(1, 2, 6)      // s1
	t.subtract(1, 2, 7) // d1
	t.add(3, 4, 8)      // s2
	t.subtract(3, 4, 9) // d2
	t.add(0, 6, 0)
	t.add(0, 8, 0)
	t.multiply(7, near, 1)
	t.addProduct(9, far, 1)
	t.multiply(6, nearSquare, 2)
	t.addProduct(8, farSquare, 2)
	t.addProduct(7, nearCube, 5)
	t.addProduct(9, farCube, 5)
	return []int{0, 1, 2, 5}
}

// head writes a function's first lines.
func (t transform) head(name string, factors ...float32) {
	isa := t.about().isa
	t.line("// func %s_%s(a *transformArgs)", name, isa)
	t.line("TEXT ·%s_%s(SB), $%d-8", name, isa, t.frame())
	t.begin()
	for i, f := range factors {
		t.factor(firstFactor+i, f)
	}
	t.channels()
}

// columns writes what takes columns of six vectors, apart by down, through a side of the transform.
func (t transform) columns(down pointer, through func() []int) {
	t.copyPointer(from, column)
	for x := range windowSide {
		t.copyPointer(column, at)
		for y := range windowSide {
			t.load(at, y)
			if y < windowSide-1 {
				t.forward(at, down)
			}
		}
		for y, r := range through() {
			t.toStack(r, onStack(y, x))
		}
		t.forward(column, fromPixel)
	}
}

// row writes what takes row y of that through the other side.
func (t transform) row(y int, through func() []int) []int {
	for x := range windowSide {
		t.fromStack(onStack(y, x), x)
	}
	return through()
}

// window writes window_<isa>.
func (t transform) window() {
	t.head("window", a, b, a*a, b*b, a*a+b*b, a*a*b*b)
	t.field(argFrom, from)
	t.field(argFromRow, pitch)
	t.field(argFromPixel, fromPixel)
	t.field(argTo, to)
	t.field(argToPixel, toPixel)
	t.line("loop:")
	t.columns(pitch, t.analyse)
	t.copyPointer(to, at)
	for y := range windowSide {
		for _, r := range t.row(y, t.analyse) {
			t.store(r, at)
			t.forward(at, toPixel)
		}
	}
	t.advance(from)
	t.advance(to)
	t.next()
}

// square writes square_<isa>.
func (t transform) square() {
	t.head("square", a, b, a*a, b*b, a*a*a, b*b*b)
	t.field(argFrom, from)
	t.field(argFromPixel, fromPixel)
	t.field(argTo, to)
	t.field(argToRow, pitch)
	t.field(argToPixel, toPixel)
	t.field(argBiases, biases)
	t.field(argResidual, residual)
	t.line("loop:")
	t.sixTimes(fromPixel, row)
	t.columns(row, t.synthesise)
	t.copyPointer(to, column)
	t.copyPointer(residual, row)
	for y := range squareSide {
		outputs := t.row(y, t.synthesise)
		for _, r := range outputs {
			t.addFrom(biases, r)
		}
		t.skipIfZero(row, fmt.Sprintf("store%d", y))
		t.copyPointer(row, at)
		for x, r := range outputs {
			t.addFrom(at, r)
			if x < squareSide-1 {
				t.addField(argResPixel, at)
			}
		}
		t.addField(argResRow, row)
		t.line("store%d:", y)
		t.copyPointer(column, at)
		t.bound(6)
		for x, r := range outputs {
			t.atLeast(6, r)
			t.store(r, at)
			if x < squareSide-1 {
				t.forward(at, toPixel)
			}
		}
		t.forward(column, pitch)
	}
	t.advance(from)
	t.advance(to)
	t.advance(biases)
	t.skipIfZero(residual, "next")
	t.advance(residual)
	t.line("next:")
	t.next()
}

// transforms returns the assembly and the Go side of those of one instruction set, which
// writes to w.
func transforms(v vectors, w *strings.Builder) (assembly, declarations string) {
	f := v.about()
	w.WriteString(f.header() + "#include \"textflag.h\"\n\n")
	t := transform{v}
	t.window()
	t.square()
	return w.String(), fmt.Sprintf(`%spackage engine

// window_%[2]s is windowGeneric for a multiple of %[3]d channels above 0.
//
//go:noescape
func window_%[2]s(a *transformArgs)

// square_%[2]s is squareGeneric for a multiple of %[3]d channels above 0.
//
//go:noescape
func square_%[2]s(a *transformArgs)
`, f.header(), f.isa, f.lanes)
}
