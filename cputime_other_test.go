//go:build !unix

package bagnet_test

import "time"

// timeOfCPUs is 0: it is not known.
func timeOfCPUs() time.Duration { return 0 }
