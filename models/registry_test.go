package models

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

func TestRegistry(t *testing.T) {
	seen := make(map[string]bool)
	for _, m := range Registry() {
		if seen[m.Name] {
			t.Errorf("two models are called %s", m.Name)
		}
		seen[m.Name] = true
		data, embedded := Embedded(m.Name)
		if embedded {
			hash := sha256.Sum256(data)
			if got := hex.EncodeToString(hash[:]); got != m.SHA256 || int64(len(data)) != m.Size {
				t.Errorf("%s is registered with SHA-256 %s and %d bytes, but has %s and %d", m.Name, m.SHA256, m.Size, got, len(data))
			}
		}
		if m.URL != "" && (embedded || m.License == "" || m.Citation == "" || len(m.SHA256) < 8 ||
			!strings.HasPrefix(m.URL, "https://") || !strings.HasSuffix(m.URL, "/"+m.File) || !strings.Contains(m.File, "-"+m.SHA256+".")) {
			t.Errorf("%s cannot be downloaded with what is registered: %+v", m.Name, m)
		}
		if bagnet := m.Family == "v1" || m.Family == "v2"; bagnet != (m.Patch > 0) || m.Family == "" || m.Classes == 0 || m.Preprocessing == "" || m.Source == "" {
			t.Errorf("something is missing: %+v", m)
		}
	}
	for _, name := range EmbeddedNames() {
		if !seen[name] {
			t.Errorf("embedded model %s is not registered", name)
		}
	}
}
