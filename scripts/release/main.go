// Command release packs a built bagnet and the files beside it: it adds the
// licences of all that is linked in, and writes the archive and the bill of
// materials. scripts/release.sh runs it once a platform, in the repository's root.
//
//	go run ./scripts/release -version V -time SECONDS STAGE OUTDIR
//
// STAGE is a directory that holds bagnet or bagnet.exe and whatever else belongs
// into the archive; licenses/ is added to it. OUTDIR gets STAGE's name with
// .tar.gz (.zip for Windows) and .cdx.json. The same input gives the same bytes.
package main

import (
	"debug/buildinfo"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	version := flag.String("version", "", "the release's version")
	seconds := flag.Int64("time", 0, "when the release was made: seconds since 1970")
	flag.Parse()
	if flag.NArg() != 2 || *version == "" {
		fmt.Fprintln(os.Stderr, "usage: release -version V -time SECONDS STAGE OUTDIR")
		os.Exit(2)
	}
	if err := pack(*version, time.Unix(*seconds, 0).UTC(), flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintf(os.Stderr, "release: packing %s: %v\n", flag.Arg(0), err)
		os.Exit(1)
	}
}

// pack writes stage's archive and bill of materials into out.
func pack(version string, made time.Time, stage, out string) error {
	binary, err := findBinary(stage)
	if err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	modules, err := linkedModules(info)
	if err != nil {
		return err
	}
	if err := writeLicences(filepath.Join(stage, "licenses"), modules); err != nil {
		return err
	}
	bill, err := billOfMaterials(version, made, binary, info, modules)
	if err != nil {
		return err
	}
	name := filepath.Join(out, filepath.Base(stage))
	if err := os.WriteFile(name+".cdx.json", bill, 0o644); err != nil {
		return err
	}
	if filepath.Ext(binary) == ".exe" {
		return writeArchive(name+".zip", stage, made, newZip)
	}
	return writeArchive(name+".tar.gz", stage, made, newTarball)
}

// findBinary returns the path of the program in stage.
func findBinary(stage string) (string, error) {
	for _, name := range []string{"bagnet", "bagnet.exe"} {
		path := filepath.Join(stage, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("it holds no bagnet and no bagnet.exe: build one into it first")
}
