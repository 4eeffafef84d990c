package bagnet

import "bagnet/internal/model"

// Kernels returns the names of the engine's kernels that run on this machine, best first.
func Kernels() []string { return model.Kernels() }

// DefaultKernel returns the name of the kernel that a model gets whose Options name none:
// $BAGNET_KERNEL's, else the best. One that is not there is an error.
func DefaultKernel() (string, error) { return model.DefaultKernel() }
