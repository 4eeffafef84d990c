package loader

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Limits on one pickle. A BagNet's own takes 40 kB and 13,000 opcodes; loss
// histories and NumPy arrays stored beside the weights take more.
const (
	maxPickle     = 64 << 20  // bytes
	maxKept       = 8 << 20   // bytes handed to the unpickler
	maxMemory     = 256 << 20 // estimate of what unpickling allocates, bytes
	maxWork       = 1e8       // opcodes times the opcodes that may walk a whole container
	maxRepeated   = 8 << 20   // bytes, if each repeated value were the longest: gopickle prints whole lists in its errors
	maxString     = 256       // bytes of a string; longer ones, mostly NumPy arrays, are emptied
	maxNumber     = 256       // bytes of a decimal or binary integer: turning them into one takes quadratic time
	maxIdentifier = 1024      // bytes of a module's or a class's name
)

const aloneHint = ": save the state dict alone with torch.save(model.state_dict(), \"weights.pth\")"

var (
	errCut        = errors.New("it is cut short or damaged: fetch it again")
	errLongPickle = errors.New("its pickle is too long for weights" + aloneHint)
)

// argument says what follows a pickle opcode in the stream.
type argument uint8

const (
	unknown  argument = iota // no such opcode, or one torch.save never writes
	none                     // nothing
	fixed1                   // 1, 2, 4 or 8 bytes
	fixed2                   //
	fixed4                   //
	fixed8                   //
	counted1                 // an 8-, 32- or 64-bit length and as many bytes
	counted4                 //
	counted8                 //
	integer1                 // the same, read as an integer
	integer4                 //
	number                   // a line with a number
	row                      // a line
	names                    // two lines
	frame                    // a 64-bit length of what follows up to the next frame
)

// opcode describes one pickle opcode: its argument, and about how many bytes
// gopickle allocates for it (beyond its argument).
type opcode struct {
	arg    argument
	memory int64
}

// Costs: a stack slot and memo entry; a container; a mark, which starts a stack
// of its own with room for 16; an object.
const (
	slot      = 64
	container = 160
	mark      = 320
	object    = 480
)

// opcodes follows the table in CPython's pickletools.py, protocols 0 to 5,
// without the extension registry, textual persistent ids and out-of-band buffers.
var opcodes = [256]opcode{
	'(': {none, mark}, '.': {none, 0}, '0': {none, 0}, '1': {none, 0}, '2': {none, slot},
	'F': {number, slot}, 'I': {number, slot}, 'J': {fixed4, slot}, 'K': {fixed1, slot}, 'L': {number, slot}, 'M': {fixed2, slot},
	'N': {none, slot}, 'Q': {none, object}, 'R': {none, object},
	'S': {row, slot}, 'T': {counted4, slot}, 'U': {counted1, slot}, 'V': {row, slot}, 'X': {counted4, slot},
	'a': {none, slot}, 'b': {none, object}, 'c': {names, object}, 'd': {none, container}, '}': {none, container}, 'e': {none, slot},
	'g': {number, slot}, 'h': {fixed1, slot}, 'i': {names, object}, 'j': {fixed4, slot}, 'l': {none, container}, ']': {none, container},
	'o': {none, object}, 'p': {number, slot}, 'q': {fixed1, slot}, 'r': {fixed4, slot}, 's': {none, slot}, 't': {none, slot},
	')': {none, slot}, 'u': {none, slot}, 'G': {fixed8, slot},
	0x80: {fixed1, 0}, 0x81: {none, object}, 0x85: {none, container}, 0x86: {none, container}, 0x87: {none, container},
	0x88: {none, slot}, 0x89: {none, slot}, 0x8a: {integer1, slot}, 0x8b: {integer4, slot},
	'B': {counted4, slot}, 'C': {counted1, slot},
	0x8c: {counted1, slot}, 0x8d: {counted8, slot}, 0x8e: {counted8, slot}, 0x8f: {none, 3 * object}, 0x90: {none, slot}, 0x91: {none, 3 * object},
	0x92: {none, object}, 0x93: {none, object}, 0x94: {none, slot}, 0x95: {frame, 0},
	0x96: {counted8, slot}, 0x98: {none, 0},
}

// scanPickle reads one pickle from r, up to and with its STOP, into memory.
// avail is the number of bytes r has left. It follows opcode by opcode, so that
// the unpickler, which allocates whatever a length in the stream says, only
// gets to see streams whose lengths are true and whose cost is bounded. Frame
// opcodes, mere hints for buffering, are dropped, long strings are emptied,
// integers of no bytes become 0, and sets become objects without contents, as
// protocols below 4 have them: gopickle's cannot hold what Go cannot hash. It returns the stream and the number of bytes it
// took up in r.
func scanPickle(r *bufio.Reader, avail int64) ([]byte, int64, error) {
	s := scanner{r: r, avail: avail}
	var ops, memory, walks, repeated int64
	for {
		code, err := s.byte()
		if err != nil {
			return nil, 0, err
		}
		op := opcodes[code]
		if op.arg == unknown {
			return nil, 0, fmt.Errorf("it is damaged: its pickle has the opcode 0x%02x at byte %d", code, s.taken-1)
		}
		if err := s.argument(op.arg); err != nil {
			return nil, 0, err
		}
		ops++
		memory += op.memory
		switch code {
		case 0x8f:
			s.replace("c__builtin__\nset\n)R")
		case 0x91: // drop the members
			s.replace("1c__builtin__\nfrozenset\n)R")
		case 'b', 0x92: // BUILD, NEWOBJ_EX: copy a container
			walks++
		case 'g', 'h', 'j', '2': // GET, BINGET, LONG_BINGET, DUP: repeat a value
			repeated += s.longest
		}
		if memory > maxMemory || float64(ops)*float64(walks) > maxWork || repeated > maxRepeated {
			return nil, 0, errors.New("its pickle is too complex for weights" + aloneHint)
		}
		if code == '.' {
			return s.out.Bytes(), s.taken, nil
		}
	}
}

type scanner struct {
	r       *bufio.Reader
	avail   int64 // bytes in r at the start
	taken   int64 // bytes read from it
	longest int64 // bytes of the longest string or number kept
	out     bytes.Buffer
}

func (s *scanner) byte() (byte, error) {
	if s.taken >= maxPickle || s.out.Len() >= maxKept {
		return 0, errLongPickle
	}
	b, err := s.r.ReadByte()
	if err != nil {
		return 0, cut(err)
	}
	s.taken++
	s.out.WriteByte(b)
	return b, nil
}

// replace puts other opcodes in the place of the last one, which has no argument.
func (s *scanner) replace(ops string) {
	s.out.Truncate(s.out.Len() - 1)
	s.out.WriteString(ops)
}

// check makes sure that n more bytes can be there and are allowed.
func (s *scanner) check(n uint64) error {
	switch {
	case n > uint64(s.avail-s.taken):
		return errCut
	case n > uint64(maxPickle-s.taken):
		return errLongPickle
	}
	return nil
}

// copy takes n bytes over.
func (s *scanner) copy(n uint64) error {
	if err := s.check(n); err != nil {
		return err
	}
	m, err := io.CopyN(&s.out, s.r, int64(n))
	s.taken += m
	return cut(err)
}

// length takes an n-byte little-endian length over and returns it.
func (s *scanner) length(n uint64) (uint64, error) {
	if err := s.copy(n); err != nil {
		return 0, err
	}
	var b [8]byte
	copy(b[:], s.out.Bytes()[s.out.Len()-int(n):])
	return binary.LittleEndian.Uint64(b[:]), nil
}

// string takes a string over whose length has width bytes; emptied if it is
// long.
func (s *scanner) string(width uint64) error {
	n, err := s.length(width)
	if err != nil {
		return err
	}
	if n <= maxString {
		s.longest = max(s.longest, int64(n))
		return s.copy(n)
	}
	if err := s.check(n); err != nil {
		return err
	}
	clear(s.out.Bytes()[s.out.Len()-int(width):])
	m, err := s.r.Discard(int(n))
	s.taken += int64(m)
	return cut(err)
}

// integer takes an integer over whose length has width bytes.
func (s *scanner) integer(width uint64) error {
	n, err := s.length(width)
	if err != nil {
		return err
	}
	if n > maxNumber {
		return fmt.Errorf("it is damaged: its pickle has an integer of %d bytes at byte %d", n, s.taken)
	}
	if n == 0 { // Python 2's 0L, at which gopickle panics
		s.out.Truncate(s.out.Len() - int(width) - 1)
		s.out.WriteString("K\x00")
		return nil
	}
	s.longest = max(s.longest, 3*int64(n)) // in decimal
	return s.copy(n)
}

func (s *scanner) line(limit int) error {
	for i := 0; ; i++ {
		b, err := s.byte()
		if err != nil {
			return err
		}
		if b == '\n' {
			s.longest = max(s.longest, int64(i))
			return nil
		}
		if i == limit {
			return fmt.Errorf("it is damaged: its pickle has a line of more than %d bytes at byte %d", limit, s.taken)
		}
	}
}

func (s *scanner) argument(arg argument) error {
	switch arg {
	case fixed1:
		return s.copy(1)
	case fixed2:
		return s.copy(2)
	case fixed4:
		return s.copy(4)
	case fixed8:
		return s.copy(8)
	case counted1:
		return s.string(1)
	case counted4:
		return s.string(4)
	case counted8:
		return s.string(8)
	case integer1:
		return s.integer(1)
	case integer4:
		return s.integer(4)
	case number:
		return s.line(maxNumber)
	case row:
		return s.line(maxString)
	case names:
		if err := s.line(maxIdentifier); err != nil {
			return err
		}
		return s.line(maxIdentifier)
	case frame:
		n, err := s.length(8)
		if err != nil {
			return err
		}
		if n > uint64(s.avail-s.taken) {
			return errCut
		}
		s.out.Truncate(s.out.Len() - 9)
	}
	return nil
}

// cut turns the end of the input where more was due into errCut.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return err
}
