package predictions

import (
	"encoding/binary"
	"errors"
	"math"

	"bagnet"
	"bagnet/internal/results"
)

// Kept is the record of an image, from which a later run goes on.
type Kept struct {
	results.ImageRecord
	Width       int                 `json:"width,omitempty"` // of the image file
	Height      int                 `json:"height,omitempty"`
	Predictions []bagnet.Prediction `json:"predictions,omitempty"`
	Logits      []byte              `json:"logits,omitempty"` // float32, little-endian; if they are asked for

	outputs []float32 // the same
}

// Keep fills in the answer to an image whose file has that size: its topK likeliest classes,
// 0 for all, and the logits if they are to be recorded.
func (k *Kept) Keep(width, height int, a bagnet.Answer, topK int, logits bool) {
	k.Width, k.Height, k.Predictions, k.outputs = width, height, a.Top(topK), a.Outputs
	if !logits {
		return
	}
	for _, v := range a.Outputs {
		k.Logits = binary.LittleEndian.AppendUint32(k.Logits, math.Float32bits(v))
	}
}

// Outputs are the logits, which an earlier run may have recorded.
func (k *Kept) Outputs() []float32 {
	if k.outputs == nil {
		for b := k.Logits; len(b) > 0; b = b[4:] {
			k.outputs = append(k.outputs, math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
	}
	return k.outputs
}

// Damage says why k is no record of the topK likeliest of so many classes, 0 for all, and of so
// many logits, 0 for any; "" if it is one.
func (k *Kept) Damage(topK, classes, logits int) string {
	want := topK
	if want == 0 || want > classes {
		want = classes
	}
	valid := len(k.Predictions) == want && (logits == 0 || len(k.Logits) == 4*logits)
	for _, p := range k.Predictions {
		valid = valid && p.Index >= 0 && p.Index < classes
	}
	if !valid {
		return "it is damaged"
	}
	return ""
}

// Record is what a Writer writes.
func (k *Kept) Record() Record {
	if k.Error != "" {
		return Record{Path: k.Path, Err: errors.New(k.Error)}
	}
	return Record{Path: k.Path, Width: k.Width, Height: k.Height, Predictions: k.Predictions}
}
