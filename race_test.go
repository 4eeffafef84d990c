//go:build race

package bagnet_test

// raceDetector is there, and takes time and memory.
const raceDetector = true
