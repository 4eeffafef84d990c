//go:build !race

package bagnet_test

// raceDetector is not there to take time and memory.
const raceDetector = false
