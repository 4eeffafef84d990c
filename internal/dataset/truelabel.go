package dataset

import (
	"sync"

	"bagnet/internal/class"
)

// TrueLabels knows what images show by the names of their directories or what a tar has beside
// them, for captions. It is for any number of goroutines.
type TrueLabels struct {
	asked   sync.Mutex
	truth   *Truth
	classes []class.Class
}

// NewTrueLabels returns those of a network's classes. oneOutput is Truth's.
func NewTrueLabels(classes []class.Class, oneOutput bool) *TrueLabels {
	truth, _ := NewTruth(classes, nil) // reads no list, which could fail
	truth.OneOutput = oneOutput
	return &TrueLabels{truth: truth, classes: classes}
}

// Of returns the label of the image's true class, "" where it is not known.
func (l *TrueLabels) Of(m Image) string {
	l.asked.Lock()
	defer l.asked.Unlock()
	if index := l.truth.Of(m); index != class.None {
		return l.classes[index].Label
	}
	return ""
}
