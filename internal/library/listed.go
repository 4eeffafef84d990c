package library

import (
	"context"
	"fmt"
	"io"

	"bagnet/internal/text"
	"bagnet/models"
)

// Listed is what a list says of a registered model, as an object in JSON.
type Listed struct {
	Name     string `json:"name"`
	Default  bool   `json:"default"`
	Family   string `json:"family"`
	Patch    int    `json:"patch,omitempty"` // of a BagNet
	Classes  int    `json:"classes"`
	State    string `json:"state"`
	Size     *int64 `json:"size"`   // bytes, null if not known
	SHA256   string `json:"sha256"` // as many digits as are known
	License  string `json:"license"`
	Citation string `json:"citation"`
	Source   string `json:"source"`
	URL      string `json:"url"`
	Path     string `json:"path"` // of a downloaded file
}

// List finds out what a list says of a model.
func List(ctx context.Context, m models.Model) (Listed, error) {
	l := Listed{
		Name: m.Name, Default: m.Name == Name(""), Family: m.Family, Patch: m.Patch, Classes: m.Classes,
		SHA256: m.SHA256, License: m.License, Citation: m.Citation, Source: m.Source, URL: m.URL,
	}
	state, f, err := StateOf(ctx, m)
	if err != nil {
		return l, err
	}
	size := m.Size
	if l.State, l.Path = state, f.Path; state == StateDownloaded {
		l.SHA256, size = f.SHA256, f.Size
	}
	if size > 0 {
		l.Size = &size
	}
	return l, nil
}

// Row writes the line for people to w, which aligns what is between tabs.
func (l *Listed) Row(w io.Writer) {
	mark, size, hash, license := " ", "-", "-", "no licence stated"
	if l.Default {
		mark = "*"
	}
	if l.Size != nil {
		size = text.Bytes(*l.Size)
	}
	if l.SHA256 != "" {
		hash = l.SHA256[:8]
	}
	if l.License != "" {
		license = l.License
	}
	kind := l.Family
	if l.Patch > 0 {
		kind += fmt.Sprintf(", patches of %d pixels", l.Patch)
	}
	fmt.Fprintf(w, "%s %s\t%s, %s\t%s\t%s\t%s\t%s\n", mark, l.Name,
		kind, text.Count(l.Classes, "class", "classes"), l.State, size, hash, license)
}
