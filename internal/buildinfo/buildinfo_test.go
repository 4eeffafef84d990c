package buildinfo

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestBuildOf(t *testing.T) {
	settings := func(pairs ...string) (s []debug.BuildSetting) {
		for i := 0; i < len(pairs); i += 2 {
			s = append(s, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return s
	}
	const hash = "3f2504e04f8941d39a0c0305e82c3301fedcba98"
	for _, c := range []struct {
		name               string
		release, relCommit string
		recorded           debug.BuildInfo
		version, commit    string
	}{
		{"nothing known", "", "", debug.BuildInfo{}, "(devel)", "unknown"},
		{"go run", "", "", debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "(devel)", "unknown"},
		{"go install of a tag", "", "", debug.BuildInfo{Main: debug.Module{Version: "v1.2.0"}}, "1.2.0", "unknown"},
		{"go build in a clone", "", "", debug.BuildInfo{
			Main:     debug.Module{Version: "v1.2.1-0.20261101120000-3f2504e04f89"},
			Settings: settings("vcs", "git", "vcs.revision", hash, "vcs.modified", "false"),
		}, "1.2.1-0.20261101120000-3f2504e04f89", hash},
		{"go build with changes", "", "", debug.BuildInfo{
			Main:     debug.Module{Version: "v1.2.0+dirty"},
			Settings: settings("vcs.modified", "true", "vcs.revision", hash),
		}, "1.2.0+dirty", hash + "+dirty"},
		{"changes to nobody knows what", "", "", debug.BuildInfo{Settings: settings("vcs.modified", "true")}, "(devel)", "unknown"},
		{"release", "2.0.0", "abc", debug.BuildInfo{
			Main:     debug.Module{Version: "v1.2.0+dirty"},
			Settings: settings("vcs.revision", hash, "vcs.modified", "true"),
		}, "2.0.0", "abc"},
		{"release without a repository", "2.0.0", "", debug.BuildInfo{
			Settings: settings("vcs.revision", hash),
		}, "2.0.0", "unknown"},
	} {
		b := of(c.release, c.relCommit, &c.recorded)
		commit := "unknown"
		if b.Commit != nil {
			commit = *b.Commit
		}
		if b.Version != c.version || commit != c.commit {
			t.Errorf("%s: version %q, commit %q, want %q, %q", c.name, b.Version, commit, c.version, c.commit)
		}
	}
}

// TestText is what bagnet version prints.
func TestText(t *testing.T) {
	commit, kernel := "abc+dirty", "avx2"
	for _, c := range []struct {
		commit, kernel *string
		want           string
	}{
		{&commit, &kernel, "commit   abc+dirty\nkernel   avx2 (available: avx2, generic)\n"},
		{nil, nil, "commit   unknown\nkernel   none (available: avx2, generic)\n"},
	} {
		p := NewProgram(Build{"1.2.0", c.commit}, []string{"avx2", "generic"}, "a\nmodel")
		p.Kernel = c.kernel
		want := "bagnet 1.2.0 " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n" + c.want + `model    a\nmodel` + "\n"
		if got := string(p.Text()); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
