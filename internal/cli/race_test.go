//go:build race

package cli

// raceDetector is there, and takes memory.
const raceDetector = true
