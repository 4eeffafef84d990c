package cli

import (
	"github.com/spf13/pflag"

	"bagnet/internal/results"
	"bagnet/internal/terminal"
)

// What commands call their results.
var (
	predictionsKind = results.Kind{Flag: "--predictions", Resume: "--resume", Force: "--force",
		Name: "predictions", Basis: "the model, its class names, the preprocessing or --among"}
	answersKind = results.Kind{Flag: "--records", Resume: "--resume", Force: "--force",
		Name: "records of images", Basis: "the model, its class names, the preprocessing or the settings"}
	recordsKind = results.Kind{Flag: "--records", Resume: "--resume", Force: "--force",
		Name: "an experiment's records", Basis: "the network, its class names, the preprocessing, the seed or the experiment's settings"}
	certificatesKind = results.Kind{Flag: "--records", Resume: "--resume", Force: "--force",
		Name: "certificates", Basis: "the model, its class names, the preprocessing, the methods or the stickers"}
)

// resultsFlags say what becomes of the results of an earlier run.
type resultsFlags struct{ resume, force bool }

// register adds the flags of a command whose flag `file` names the results.
func (o *resultsFlags) register(flags *pflag.FlagSet, file string) {
	flags.BoolVar(&o.resume, "resume", false, "go on with an interrupted run from its "+file)
	flags.BoolVar(&o.force, "force", false, "replace the "+file+" of an earlier run")
}

// check refuses flags that make no sense by themselves. path is the file's.
func (o *resultsFlags) check(kind results.Kind, path string) error {
	switch {
	case o.resume && path == "":
		return usageErrorf("--resume needs %s: the file of the interrupted run", kind.Flag)
	case o.force && path == "":
		return usageErrorf("--force needs %s: the file to replace", kind.Flag)
	case o.resume && o.force:
		return usageErrorf("--resume goes on with what is in the file, --force replaces it: give one of them")
	case path == "-":
		return usageErrorf("%s -: give a file; standard output has the report", kind.Flag)
	}
	return nil
}

// open starts the results at path, or goes on with them.
func (o *resultsFlags) open(s *terminal.Streams, kind results.Kind, path string) (*results.File, error) {
	return results.Open(kind, path, o.resume, o.force, func(text string) { s.Notef("%s", text) })
}

// finishResults puts a file of results, if there is one, in its place.
func finishResults(f *results.File, interrupted bool) error {
	switch {
	case f == nil:
		return nil
	case interrupted:
		return f.Interrupt()
	}
	return f.Commit()
}
