package buildinfo

import (
	"fmt"
	"runtime"
	"strings"

	"bagnet/internal/text"
)

// A Program is what there is to say of a program that runs, as it is in JSON.
type Program struct {
	Version  string   `json:"version"` // as Build has it
	Commit   *string  `json:"commit"`  // as Build has it
	Go       string   `json:"go"`
	Platform string   `json:"platform"` // "linux/amd64"
	Kernel   *string  `json:"kernel"`   // in use; null if BAGNET_KERNEL asks for one that is not there
	Kernels  []string `json:"kernels"`  // that run on this machine, best first
	Model    string   `json:"model"`    // used when none is named
}

// NewProgram is what there is to say of a program, but for the kernel in use.
func NewProgram(b Build, kernels []string, model string) *Program {
	return &Program{Version: b.Version, Commit: b.Commit, Go: runtime.Version(), Platform: Platform(), Kernels: kernels, Model: model}
}

// Text is the program's build, then what else there is, a line each.
func (p *Program) Text() []byte {
	b := fmt.Appendf(nil, "bagnet %s\n", Build{p.Version, p.Commit})
	b = fmt.Appendf(b, "commit   %s\n", orWord(p.Commit, "unknown"))
	b = fmt.Appendf(b, "kernel   %s (available: %s)\n", orWord(p.Kernel, "none"), strings.Join(p.Kernels, ", "))
	return fmt.Appendf(b, "model    %s\n", text.OneLine(p.Model))
}

func orWord(s *string, word string) string {
	if s == nil {
		return word
	}
	return *s
}
