package main

import (
	"fmt"
	"strings"
)

// A rowOp is a function that makes the floats dst points to, one vector after
// the other, from themselves (Y0) and those of its other operands (Y1, Y2, ...).
type rowOp struct {
	name     string
	operands []string // after dst
	scalar   string   // a last parameter, in every lane of Y7, or none
	loads    bool     // whether it reads dst
	doc      string   // what it does to float i
	prepare  []string
	body     []string // leaves the result in Y0
}

var rowOps = []rowOp{
	{"larger", []string{"src"}, "", true, "dst[i] = src[i] if that is larger or NaN", nil, []string{
		"VMAXPS Y0, Y1, Y0", // the first operand if they are equal or one is NaN
		"VCMPPS $3, Y1, Y1, Y4",
		"VBLENDVPS Y4, Y1, Y0, Y0",
	}},
	{"add", []string{"src"}, "", true, "dst[i] += src[i]", nil, []string{
		"VADDPS Y1, Y0, Y0",
	}},
	{"scaleshiftrelu", []string{"src", "scale", "shift"}, "", false, "dst[i] = max(0, src[i]*scale[i] + shift[i])", []string{
		"VXORPS X4, X4, X4",
	}, []string{
		"VMULPS Y2, Y1, Y0",
		"VADDPS Y3, Y0, Y0",
		"VMAXPS Y0, Y4, Y0",
	}},
	{"largerat", []string{"index", "src"}, "at", true, "dst[i] = src[i], index[i] = at if src[i] is larger or NaN", nil, []string{
		"VCMPPS $0x11, Y2, Y0, Y5", // less, false where one is NaN
		"VCMPPS $3, Y2, Y2, Y6",
		"VORPS Y5, Y6, Y5",
		"VBLENDVPS Y5, Y2, Y0, Y0",
		"VBLENDVPS Y5, Y7, Y1, Y1",
		"VMOVUPS Y1, (SI)(AX*4)",
	}},
	{"addwhere", []string{"src", "index"}, "at", true, "dst[i] += src[i] if index[i] == at", nil, []string{
		"VCMPPS $0, Y7, Y2, Y5",
		"VADDPS Y1, Y0, Y1",
		"VBLENDVPS Y5, Y1, Y0, Y0",
	}},
	{"gate", []string{"x", "grad"}, "", false, "dst[i] = grad[i] if x[i] > 0, else 0", []string{
		"VXORPS X5, X5, X5",
	}, []string{
		"VCMPPS $0x11, Y1, Y5, Y0",
		"VANDPS Y2, Y0, Y0",
	}},
	{"scalegate", []string{"x", "grad", "scale", "shift"}, "", false, "dst[i] = grad[i]*scale[i] if x[i]*scale[i] + shift[i] > 0, else 0", []string{
		"VXORPS X5, X5, X5",
	}, []string{
		"VMULPS Y3, Y1, Y0",
		"VADDPS Y4, Y0, Y0",
		"VCMPPS $0x11, Y0, Y5, Y0",
		"VMULPS Y3, Y2, Y1",
		"VANDPS Y1, Y0, Y0",
	}},
}

var operandRegs = []string{"SI", "DX", "BX", "R8"}

func (o rowOp) signature(isa string) string {
	scalar := ""
	if o.scalar != "" {
		scalar = ", " + o.scalar + " float32"
	}
	return fmt.Sprintf("func %s_%s(%s *float32, n int%s)", o.name, isa, strings.Join(append([]string{"dst"}, o.operands...), ", "), scalar)
}

// rowOps writes the functions for n floats, a multiple of a vector's.
func (s x86) rowOps() string {
	var w strings.Builder
	p := func(format string, a ...any) { fmt.Fprintf(&w, format+"\n", a...) }
	p("%s#include \"textflag.h\"\n", s.header())
	p("// Registers: DI dst; SI, DX, BX, R8 the other operands; CX floats left; AX offset;")
	p("// Y0 what dst holds and gets, Y1, Y2, Y3, Y4 the other operands, Y7 a scalar.")
	for _, o := range rowOps {
		p("\n// %s", o.signature(s.isa))
		size := 8 * (len(o.operands) + 2)
		if o.scalar != "" {
			size += 4
		}
		p("TEXT ·%s_%s(SB), NOSPLIT, $0-%d", o.name, s.isa, size)
		p("\tMOVQ dst+0(FP), DI")
		for i, operand := range o.operands {
			p("\tMOVQ %s+%d(FP), %s", operand, 8*(i+1), operandRegs[i])
		}
		p("\tMOVQ n+%d(FP), CX", 8*(len(o.operands)+1))
		if o.scalar != "" {
			p("\tVBROADCASTSS %s+%d(FP), Y7", o.scalar, 8*(len(o.operands)+2))
		}
		p("\tXORQ AX, AX")
		for _, line := range o.prepare {
			p("\t%s", line)
		}
		p("loop:")
		if o.loads {
			p("\tVMOVUPS (DI)(AX*4), Y0")
		}
		for i := range o.operands {
			p("\tVMOVUPS (%s)(AX*4), Y%d", operandRegs[i], i+1)
		}
		for _, line := range o.body {
			p("\t%s", line)
		}
		p("\tVMOVUPS Y0, (DI)(AX*4)")
		p("\tADDQ $%d, AX", s.lanes)
		p("\tCMPQ AX, CX")
		p("\tJLT loop")
		p("\tVZEROUPPER")
		p("\tRET")
	}
	return w.String()
}

func (s x86) rowOpDeclarations() string {
	var w strings.Builder
	fmt.Fprintf(&w, "%spackage engine\n", s.header())
	for _, o := range rowOps {
		fmt.Fprintf(&w, "\n// %s_%s: %s, for i < n, a multiple of %d above 0.\n//\n//go:noescape\n%s\n", o.name, s.isa, o.doc, s.lanes, o.signature(s.isa))
	}
	return w.String()
}
