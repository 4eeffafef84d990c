package heatmap

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"strings"
	"unicode/utf8"
)

// A Text is an entry of a PNG file that people and programs can read.
type Text struct {
	Key   string // 1 to 79 printable Latin-1 characters; "Software", "Title" and others have a known meaning
	Value string // any UTF-8 without NUL
}

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	headerLength = len(pngSignature) + 4 + 4 + 13 + 4 // signature and IHDR: length, type, data, CRC
	longestText  = 1 << 24                            // bytes of a chunk that ReadTexts reads
	quickAbove   = 4 << 20                            // pixels: larger pictures are packed quickly rather than tightly
)

// WritePNG writes img with the texts right after its header: tEXt chunks for
// Latin-1, iTXt for the rest (PNG specification, 3rd edition, 11.3.3).
func WritePNG(w io.Writer, img image.Image, texts []Text) error {
	return WritePNGAt(w, img, texts, 0)
}

// WritePNGAt writes img as WritePNG does, and that it has so many dots an inch (pHYs, 11.3.4.3);
// 0 for not known.
func WritePNGAt(w io.Writer, img image.Image, texts []Text, dpi float64) error {
	var chunks bytes.Buffer
	if dpi > 0 {
		perMetre := uint32(dpi/0.0254 + 0.5)
		data := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, perMetre), perMetre)
		appendChunk(&chunks, "pHYs", append(data, 1)) // 1: metre
	}
	for _, t := range texts {
		if err := appendText(&chunks, t); err != nil {
			return fmt.Errorf("writing PNG text %q: %w", t.Key, err)
		}
	}
	encoder := png.Encoder{}
	if size := img.Bounds().Size(); size.X*size.Y > quickAbove {
		encoder.CompressionLevel = png.BestSpeed
	}
	return encoder.Encode(&inserter{w: w, after: headerLength, insert: chunks.Bytes()}, img)
}

// An inserter writes insert after so many bytes of what is written to it.
type inserter struct {
	w      io.Writer
	after  int
	insert []byte
}

func (i *inserter) Write(p []byte) (int, error) {
	if len(p) < i.after || i.insert == nil {
		i.after -= len(p)
		return i.w.Write(p)
	}
	n, err := i.w.Write(p[:i.after])
	if err != nil {
		return n, err
	}
	if _, err := i.w.Write(i.insert); err != nil {
		return n, err
	}
	i.insert = nil
	m, err := i.w.Write(p[n:])
	return n + m, err
}

func appendText(chunks *bytes.Buffer, t Text) error {
	key, ok := latin1(t.Key)
	switch {
	case len(key) == 0 || len(key) > 79:
		return errors.New("a key has 1 to 79 characters")
	case !ok:
		return errors.New("a key is printable Latin-1 text")
	case strings.TrimSpace(t.Key) != t.Key || strings.Contains(t.Key, "  ") || strings.ContainsAny(t.Key, "\n\u00a0"):
		return errors.New("a key has single spaces, between words")
	case !utf8.ValidString(t.Value) || strings.ContainsRune(t.Value, 0):
		return errors.New("a value is UTF-8 text without NUL")
	}
	kind, data := "tEXt", append(key, 0)
	value, ok := latin1(t.Value)
	if !ok { // not compressed, in no language, key not translated
		kind, data, value = "iTXt", append(data, 0, 0, 0, 0), []byte(t.Value)
	}
	data = append(data, value...)
	appendChunk(chunks, kind, data)
	return nil
}

func appendChunk(chunks *bytes.Buffer, kind string, data []byte) {
	binary.Write(chunks, binary.BigEndian, uint32(len(data)))
	start := chunks.Len()
	chunks.WriteString(kind)
	chunks.Write(data)
	binary.Write(chunks, binary.BigEndian, crc32.ChecksumIEEE(chunks.Bytes()[start:]))
}

// latin1 returns text in ISO 8859-1, and whether it is lines of printable
// characters of that set.
func latin1(text string) ([]byte, bool) {
	out, ok := make([]byte, 0, len(text)), true
	for _, r := range text {
		ok = ok && (r == '\n' || r >= 0x20 && r < 0x7f || r >= 0xa0 && r <= 0xff)
		out = append(out, byte(r))
	}
	return out, ok
}

// ReadTexts returns the texts of a PNG file, its tEXt and uncompressed iTXt
// chunks, passing over pixels; of any other file, those of the XMP packet near its beginning.
func ReadTexts(r io.Reader) ([]Text, error) {
	buffered := bufio.NewReaderSize(r, longestPacket)
	if begin, err := buffered.Peek(len(pngSignature)); err == nil && string(begin) != pngSignature {
		begin, _ = buffered.Peek(longestPacket) // all there is, if that is less
		return parseXMP(begin)
	}
	texts, err := readTexts(buffered)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too early")
	}
	if err != nil {
		return nil, fmt.Errorf("reading PNG texts: %w", err)
	}
	return texts, nil
}

func readTexts(r io.Reader) ([]Text, error) {
	signature := make([]byte, len(pngSignature))
	if _, err := io.ReadFull(r, signature); err != nil {
		return nil, err
	}
	if string(signature) != pngSignature {
		return nil, errors.New("it is no PNG file")
	}
	var texts []Text
	for {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, err
		}
		length, kind := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
		if kind != "tEXt" && kind != "iTXt" {
			if _, err := io.CopyN(io.Discard, r, length+4); err != nil {
				return nil, err
			}
			if kind == "IEND" {
				return texts, nil
			}
			continue
		}
		if length > longestText {
			return nil, fmt.Errorf("a text has %d bytes", length)
		}
		data, err := io.ReadAll(io.LimitReader(r, length+4)) // grows with what is there
		if err != nil {
			return nil, err
		}
		if int64(len(data)) < length+4 {
			return nil, io.ErrUnexpectedEOF
		}
		data, sum := data[:length], binary.BigEndian.Uint32(data[length:])
		if crc32.Update(crc32.ChecksumIEEE(head[4:]), crc32.IEEETable, data) != sum {
			return nil, fmt.Errorf("wrong checksum of a %s chunk", kind)
		}
		if t, ok := parseText(kind, data); ok {
			texts = append(texts, t)
		}
	}
}

// parseText reads a text chunk; false if it is malformed or compressed.
func parseText(kind string, data []byte) (Text, bool) {
	key, value, ok := bytes.Cut(data, []byte{0})
	if !ok {
		return Text{}, false
	}
	if kind == "tEXt" {
		return Text{fromLatin1(key), fromLatin1(value)}, true
	}
	if len(value) < 2 || value[0] != 0 {
		return Text{}, false
	}
	_, value, ok = bytes.Cut(value[2:], []byte{0}) // language
	if !ok {
		return Text{}, false
	}
	_, value, ok = bytes.Cut(value, []byte{0}) // translated key
	return Text{fromLatin1(key), string(value)}, ok && utf8.Valid(value)
}

func fromLatin1(b []byte) string {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}
