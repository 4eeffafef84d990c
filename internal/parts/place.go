package parts

import (
	"fmt"
	"os"
	"path/filepath"

	"bagnet/internal/dataset"
	"bagnet/internal/text"
)

// Place is where the part of a shard goes: to path, or into it if it is a directory or ends as
// one; that is made if need be. extension is that of parts.
func Place(path string, shard dataset.Shard, extension string) (string, error) {
	info, err := os.Stat(path)
	if !os.IsPathSeparator(path[len(path)-1]) && (err != nil || !info.IsDir()) {
		return path, nil
	}
	if err := os.MkdirAll(path, 0o777); err != nil {
		return "", fmt.Errorf("making directory %q: %w", path, text.Reason(err))
	}
	return filepath.Join(path, fmt.Sprintf("%05d-of-%05d%s", shard.Index, shard.Count, extension)), nil
}
