//go:build race

package cli

// raceDetector is there, and takes time and memory.
const raceDetector = true
