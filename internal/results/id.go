package results

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"

	"bagnet/internal/class"
	"bagnet/internal/images"
)

// Basis is everything that a network's answers to given images depend on. Its JSON
// makes the ids of runs in files that wait to be resumed: fields are added with
// omitempty only.
type Basis struct {
	Weights       string // SHA-256 of their file
	Preprocessing images.Preprocessing
	Decoding      images.DecodeOptions
	Classes       []class.Class
	Settings      any    `json:",omitempty"` // of what is made of the answers
	Network       string `json:",omitempty"` // which of the file's
}

// ID returns what stands for b in records: 8 hexadecimal digits.
func (b Basis) ID() (string, error) {
	all, err := json.Marshal(b)
	if err != nil {
		return "", errors.New("encoding JSON: " + err.Error())
	}
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:4]), nil
}
