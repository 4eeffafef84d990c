//go:build unix

package bagnet_test

import (
	"syscall"
	"time"
)

// timeOfCPUs is what this process has had of the CPUs' time.
func timeOfCPUs() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
