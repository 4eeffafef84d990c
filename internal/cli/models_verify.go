package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/fetch"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
	"bagnet/models"
)

// verification is a line of `models verify`.
type verification struct {
	Name    string `json:"name"`    // as it was given, or as it is registered
	Path    string `json:"path"`    // "" for an embedded model
	Model   string `json:"model"`   // the registered model that it is, "" if none
	Size    int64  `json:"size"`    // bytes
	SHA256  string `json:"sha256"`  // "" if it could not be read
	Checked string `json:"checked"` // what the hash was compared with
	Good    bool   `json:"good"`
	Error   string `json:"error,omitempty"`
}

// What hashes are compared with.
const (
	checkedWhole    = "whole SHA-256"
	checkedFirst    = "first digits of SHA-256"
	checkedFileName = "digits in its name"
	checkedLoading  = "loading only"
)

// nameDigits finds the beginning of a file's SHA-256 in its name by torch's
// convention (torch.hub.HASH_REGEX, with at least eight digits).
var nameDigits = regexp.MustCompile(`-([0-9a-f]{8,64})\.`)

func newModelsVerifyCmd(s *terminal.Streams) *cobra.Command {
	var format choice
	cmd := &cobra.Command{
		Use:   "verify [NAME|FILE...]",
		Short: "Check that models are what they should be",
		Long: `Read models to the last byte and compare their SHA-256 with what is known:
that of an embedded model is in this program; that of a downloaded one was
recorded when it was first verified, against the digits that its publisher put
into its name. A FILE must also load, and its hash must be the one in its name,
if there is one. Without arguments: the embedded models and all in the cache.

Exit status: 0 all are good; 1 some are not; 130 interrupted. JSON: one object a
line.`,
		Example: `  bagnet models verify
  bagnet models verify bagnet33 bagnet16-105524de.pth.tar`,
		ValidArgsFunction: completeModel,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runModelsVerify(cmd.Context(), s, args, format.value)
		}),
	}
	registerChoice(cmd, &format, "format", "how to print the results", formatText, formatJSON)
	return cmd
}

func runModelsVerify(ctx context.Context, s *terminal.Streams, args []string, format string) error {
	if len(args) == 0 {
		var err error
		if args, err = everyModel(); err != nil {
			return err
		}
	}
	bad := false
	for _, arg := range args {
		v, err := verify(ctx, arg)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if v.Good = err == nil; err != nil {
			s.Errorf("%s: %s", text.Path(v.Name), err)
			v.Error, bad = err.Error(), true
		}
		if format == formatJSON {
			err = writeJSON(s, v)
		} else if v.Good {
			err = s.Printf("good  %s  %s  %s  checked: %s\n", text.Path(v.Name), text.Bytes(v.Size), v.SHA256, v.Checked)
		} else {
			err = nil
		}
		if err != nil {
			return err
		}
	}
	if bad {
		return alreadyReported
	}
	return nil
}

// everyModel names the embedded models, the downloaded ones, and the paths of
// other files in the cache.
func everyModel() ([]string, error) {
	dir, err := cacheDir()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading directory %q: %w", dir, text.Reason(err))
	}
	var names []string
	byFile := make(map[string]string)
	for _, m := range known.models {
		if _, embedded := models.Embedded(m.Name); embedded {
			names = append(names, m.Name)
		} else if m.URL != "" {
			byFile[m.File] = m.Name
		}
	}
	for _, e := range entries {
		if name, ok := byFile[e.Name()]; ok {
			names = append(names, name)
			continue
		}
		switch filepath.Ext(e.Name()) {
		case ".part", ".origin", ".lock", ".json": // what fetch keeps beside a file
		default:
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return names, nil
}

// verify checks a model given by name or path. What was found out is returned
// even with an error.
func verify(ctx context.Context, nameOrPath string) (verification, error) {
	m, ok := known.find(nameOrPath)
	if _, embedded := models.Embedded(nameOrPath); embedded {
		return verifyEmbedded(ctx, m)
	}
	if ok && m.URL != "" {
		return verifyDownloaded(ctx, m)
	}
	return verifyFile(ctx, nameOrPath)
}

func verifyEmbedded(ctx context.Context, m models.Model) (verification, error) {
	v := verification{Name: m.Name, Model: m.Name, Checked: checkedWhole}
	d, err := modelSource{name: m.Name}.digest(ctx)
	v.Size, v.SHA256 = d.Size, d.SHA256
	if err == nil && d.SHA256 != m.SHA256 {
		err = &fetch.MismatchError{Got: d, Size: m.Size, SHA256: m.SHA256}
	}
	return v, err
}

func verifyDownloaded(ctx context.Context, m models.Model) (verification, error) {
	v := verification{Name: m.Name, Model: m.Name, Checked: checkedFirst}
	f, err := cachedFile(m)
	if err != nil {
		return v, err
	}
	v.Path = f.Path
	if f.Known().Size > 0 {
		v.Checked = checkedWhole
	}
	d, err := f.Verify(ctx)
	v.Size, v.SHA256 = d.Size, d.SHA256
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("it is not downloaded")
	}
	return v, err
}

func verifyFile(ctx context.Context, path string) (verification, error) {
	v := verification{Name: path, Path: path, Checked: checkedLoading}
	if err := checkModelFile(path); err != nil {
		return v, err
	}
	d, err := modelSource{path: path}.digest(ctx)
	if err != nil {
		return v, err
	}
	v.Size, v.SHA256 = d.Size, d.SHA256
	for _, m := range known.models {
		if m.SHA256 != "" && strings.HasPrefix(d.SHA256, m.SHA256) {
			v.Model, v.Checked = m.Name, checkedFirst
			if m.SHA256 == d.SHA256 {
				v.Checked = checkedWhole
			}
			break
		}
	}
	if digits := nameDigits.FindStringSubmatch(filepath.Base(path)); digits != nil {
		if v.Checked == checkedLoading {
			v.Checked = checkedFileName
		}
		if !strings.HasPrefix(d.SHA256, digits[1]) {
			return v, &fetch.MismatchError{Got: d, SHA256: digits[1]}
		}
	}
	_, err = openNetwork(&terminal.Streams{Err: io.Discard, Quiet: true}, path, "", 1)
	return v, err
}
