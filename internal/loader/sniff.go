package loader

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

type reader func(r io.ReaderAt, size int64) (*Checkpoint, error)

var errUnknown = errors.New("it is no weights file of a known format; safetensors and files written by torch.save can be read")

// foreign lists formats that are told by their first bytes and cannot be read,
// each with the way out.
var foreign = []struct{ magic, reason string }{
	{"\x89HDF\r\n\x1a\n", "it is HDF5, such as Keras writes: this program reads PyTorch's weights; export them as safetensors or with torch.save"},
	{"version https://git-lfs", "it is a Git LFS pointer, not the weights themselves: fetch them with `git lfs pull`"},
	{"\x1f\x8b", "it is compressed with gzip: unpack it first"},
	{"BZh", "it is compressed with bzip2: unpack it first"},
	{"\xfd7zXZ\x00", "it is compressed with xz: unpack it first"},
	{"\x28\xb5\x2f\xfd", "it is compressed with zstd: unpack it first"},
	{"7z\xbc\xaf\x27\x1c", "it is a 7z archive: unpack it first"},
	{"\x93NUMPY", "it is a single NumPy array: save the whole state dict with torch.save or as safetensors"},
	{"GGUF", "it is a GGUF model, which holds no BagNet; safetensors and files written by torch.save can be read"},
	{"PK\x05\x06", "it is an empty zip archive"},
}

const zipMagic = "PK\x03\x04"

const reasonTar = "it is a tar archive: unpack it first, or, if a PyTorch older than 0.2 wrote it, load and save it again with a newer one"

// sniff tells the file's format by its first bytes and returns the function
// that reads it.
func sniff(r io.ReaderAt, size int64) (reader, error) {
	if size == 0 {
		return nil, errors.New("it is empty: fetch it again")
	}
	head := make([]byte, min(size, 512))
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), head); err != nil {
		return nil, err
	}
	for _, f := range foreign {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return nil, errors.New(f.reason)
		}
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	switch {
	case bytes.HasPrefix(text, []byte("<!")), bytes.HasPrefix(text, []byte("<html")), bytes.HasPrefix(text, []byte("<?xml")):
		return nil, errors.New("it is a web page saved in place of the weights: fetch the file itself (its \"raw\" or \"download\" link)")
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return nil, errors.New(reasonTar)
	case bytes.HasPrefix(head, []byte(zipMagic)):
		return readTorchZip, nil
	case looksLikeSafetensors(head):
		return readSafetensors, nil
	case looksLikeONNX(head):
		return nil, errors.New("it looks like an ONNX model: this program reads weights only; save the PyTorch model's state_dict() instead")
	}
	return readTorchLegacy, nil
}

// looksLikeSafetensors reports whether head has the header's 64-bit length
// followed by the brace that opens its JSON. That byte rules out pickles, whose
// first opcode would have to swallow it.
func looksLikeSafetensors(head []byte) bool {
	return len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) <= maxFile
}

// looksLikeONNX reports whether head begins like ONNX's protocol buffer: field
// 1 (a small ir_version), then field 2 (the producer's short name).
func looksLikeONNX(head []byte) bool {
	return len(head) > 4 && head[0] == 0x08 && head[1] > 0 && head[1] < 32 && head[2] == 0x12 && head[3] < 64
}
