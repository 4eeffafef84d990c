package training

import (
	"context"
	"os"
	"path/filepath"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/metadata"
	"bagnet/internal/text"
)

// Find returns the photographs in a directory that has one directory for each class, and
// the classes in the order of these directories' names. ImageNet's WordNet ids get
// ImageNet's names. What it left out is said as dataset.Find does.
func Find(ctx context.Context, dir string) (examples []Example, classes []class.Class, left dataset.LeftOut, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, nil, hint.Refuse("reading directory %q: %w", dir, text.Reason(err))
	}
	left = dataset.LeftOut{}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); err != nil || !info.IsDir() || e.Name()[0] == '.' {
			continue
		}
		in, more, err := dataset.Find(ctx, dataset.Request{Args: []string{path}})
		if err != nil {
			return nil, nil, nil, err
		}
		for extension, files := range more {
			left[extension] += files
		}
		for image := range in.Seq {
			if image.Err != nil && image.Path == path {
				return nil, nil, nil, hint.Refuse("class %s: %w", text.Path(path), image.Err)
			}
			examples = append(examples, Example{Image: image, Class: len(classes)})
		}
		classes = append(classes, class.Class{Index: len(classes), Label: e.Name()})
	}
	if len(classes) < 2 {
		return nil, nil, nil, hint.Add(hint.Refuse("directory %q has %s of photographs, which are its classes: want 2 or more", dir, text.Count(len(classes), "directory", "directories")),
			"give a directory with one directory for each class")
	}
	imageNet, err := metadata.ImageNetClasses()
	if err != nil {
		return nil, nil, nil, err
	}
	return examples, class.Named(classes, imageNet), left, ctx.Err()
}
