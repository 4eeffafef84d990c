package metadata

import (
	"os"

	"bagnet/internal/class"
	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// ReadLabels reads the class names in the file that a flag names, which must be as many as
// the network has outputs. Those of nothing but ImageNet's WordNet ids get ImageNet's names.
func ReadLabels(flag, path string, outputs int) ([]class.Class, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, hint.Refuse("%s: opening %q: %w", flag, path, text.Reason(err))
	}
	defer file.Close()
	classes, err := class.ReadLabels(path, file)
	if err != nil {
		return nil, hint.Refuse("%s: %w", flag, err)
	}
	if !class.Suit(len(classes), outputs) {
		return nil, hint.Refuse("%s: %q names %s, but the model has %d", flag, path, text.Count(len(classes), "class", "classes"), outputs)
	}
	imageNet, err := ImageNetClasses()
	if err != nil {
		return nil, err
	}
	return class.OfOutputs(class.Named(classes, imageNet), outputs), nil
}
