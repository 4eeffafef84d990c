package terminal

import (
	"bytes"
	"os"
	"regexp"
	"testing"
	"testing/synctest"
	"time"
)

// TestProgress looks at what a person sees of a run of images that began when the test did.
func TestProgress(t *testing.T) {
	late := progressDelay + time.Second // 3 seconds
	for _, c := range []struct {
		name  string
		total int
		do    func(p *Progress)
		want  string // a regular expression
	}{
		{"a short run shows nothing", 3, func(p *Progress) { p.Step(); p.Step() }, `^$`},
		{"just before the delay", 3, func(p *Progress) { time.Sleep(progressDelay - time.Millisecond); p.Step() }, `^$`},
		{"at the delay", 3, func(p *Progress) { time.Sleep(progressDelay); p.Step() }, `\(1/3, 30 images/min\)`},
		{"count, rate and time left", 3, func(p *Progress) { time.Sleep(late); p.Step() }, `^bagnet +33% \|█+ +\| \(1/3, 20 images/min\) \[3s:[56]s\]$`},
		{"two of four", 4, func(p *Progress) { p.Step(); time.Sleep(late); p.Step() }, `^bagnet +50% \|█+ +\| \(2/4, 40 images/min\) \[3s:[23]s\]$`},
		{"hidden", 3, func(p *Progress) { time.Sleep(late); p.Step(); p.Hide() }, `^$`},
		{"hidden and drawn again", 3, func(p *Progress) { time.Sleep(late); p.Step(); p.Hide(); time.Sleep(time.Second); p.Step() }, `^bagnet +66% .*\(2/3, `},
		{"drawn ten times a second", 1000, func(p *Progress) {
			time.Sleep(late)
			p.Step()
			time.Sleep(99 * time.Millisecond)
			p.Step()
		}, `\(1/1000, `},
		{"at its end", 2, func(p *Progress) { time.Sleep(late); p.Step(); p.Step() }, `^$`},
		{"how it goes", 3, func(p *Progress) { time.Sleep(late); p.Describe("loss 0.5"); time.Sleep(time.Second); p.Step() }, `^loss 0.5 +33% .*\(1/3, `},
		{"one image", 1, func(p *Progress) { time.Sleep(late); p.Step() }, `^$`},
		{"no image", 0, func(p *Progress) { time.Sleep(late); p.Step() }, `^$`},
		{"two images", 2, func(p *Progress) { time.Sleep(late); p.Step() }, `50%`},
		{"nobody knows how many", -1, func(p *Progress) { time.Sleep(late); p.Step(); time.Sleep(time.Second); p.Step() }, `bagnet \(2/-, \d+ images/min\) \[4s\]$`},
		{"hidden while nobody knows how many", -1, func(p *Progress) { time.Sleep(late); p.Step(); p.Hide(); time.Sleep(time.Second) }, `^$`},
		{"a tile of one image", 1, func(p *Progress) {
			time.Sleep(late)
			set, _ := p.Tiles()
			set(1, 4)
		}, `^bagnet +25% .*\(1/4, \d+ tiles/`},
		{"tiles: count, rate and time left", 1, func(p *Progress) {
			set, _ := p.Tiles()
			time.Sleep(late)
			set(1, 4)
			time.Sleep(late)
			set(2, 4)
		}, `^bagnet +50% .*\(2/4, 20 tiles/min\) \[6s:[56]s\]$`},
		{"the only tile", 1, func(p *Progress) { set, _ := p.Tiles(); time.Sleep(late); set(1, 1) }, `^$`},
		{"tiles hidden", 1, func(p *Progress) {
			time.Sleep(late)
			set, hide := p.Tiles()
			hide()
			set(1, 4)
			hide()
		}, `^$`},
		{"an early tile", 1, func(p *Progress) { set, _ := p.Tiles(); set(1, 4) }, `^$`},
		{"tiles of many images", 3, func(p *Progress) { time.Sleep(late); set, _ := p.Tiles(); set(1, 4) }, `^$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				terminal, shown := newTerminal(t)
				c.do(NewProgress(&Streams{Err: terminal}, c.total))
				if got := shown(); !regexp.MustCompile(c.want).MatchString(got) {
					t.Errorf("a person sees %q, want %s", got, c.want)
				}
			})
		})
	}
}

// TestSteps are not images.
func TestSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		terminal, shown := newTerminal(t)
		p := NewSteps(&Streams{Err: terminal}, 100)
		time.Sleep(progressDelay)
		p.Step()
		if got := shown(); !regexp.MustCompile(`^bagnet +1% .*\(1/100, 30 steps/min\)`).MatchString(got) {
			t.Errorf("a person sees %q", got)
		}
	})
}

// TestDownload looks at what a person sees of a download.
func TestDownload(t *testing.T) {
	late := progressDelay + time.Second
	for _, c := range []struct {
		name string
		do   func(d *Download)
		want string
	}{
		{"a short one shows nothing", func(d *Download) { d.Set(0, 900); d.Set(300, 900) }, `^$`},
		{"bytes, rate and time left", func(d *Download) { d.Set(0, 900); time.Sleep(late); d.Set(300, 900) }, `^bagnet33 +33% \|█+ +\| \(300/900 B, 100 B/s\) \[3s:[56]s\]$`},
		{"just before the delay", func(d *Download) { d.Set(0, 900); time.Sleep(progressDelay - time.Millisecond); d.Set(300, 900) }, `^$`},
		{"at the delay", func(d *Download) { d.Set(0, 900); time.Sleep(progressDelay); d.Set(300, 900) }, `\(300/900 B, 150 B/s\)`},
		{"the same again", func(d *Download) { d.Set(0, 900); time.Sleep(late); d.Set(300, 900); d.Set(300, 900) }, `\(300/900 B, 100 B/s\)`},
		{"drawn ten times a second", func(d *Download) {
			d.Set(0, 900)
			time.Sleep(late)
			d.Set(300, 900)
			time.Sleep(99 * time.Millisecond)
			d.Set(600, 900)
		}, `\(300/900 B, `},
		{"only what is fetched now", func(d *Download) { d.Set(100, 1000); time.Sleep(late); d.Set(400, 1000) }, `^bagnet33 +33% .*\(300/900 B, 100 B/s\)`},
		{"begun anew", func(d *Download) {
			d.Set(400, 1000)
			time.Sleep(late)
			d.Set(500, 1000)
			d.Set(50, 1000)
			time.Sleep(late)
			d.Set(110, 1000)
		}, `^bagnet33 +6% .*\(60/950 B, 20 B/s\)`},
		{"begun anew just now", func(d *Download) {
			d.Set(400, 1000)
			time.Sleep(late)
			d.Set(500, 1000)
			d.Set(50, 1000)
			d.Set(110, 1000)
		}, `^$`},
		{"of unknown size", func(d *Download) { d.Set(0, -1); time.Sleep(late); d.Set(300, -1) }, `bagnet33 .*\(300 B, 100 B/s\)`},
		{"hidden", func(d *Download) { d.Set(0, 900); time.Sleep(late); d.Set(300, 900); d.Hide() }, `^$`},
		{"hidden at an unknown size", func(d *Download) {
			d.Set(0, -1)
			time.Sleep(late)
			d.Set(300, -1)
			d.Hide()
			time.Sleep(time.Second)
		}, `^$`},
		{"hidden before it began", func(d *Download) { d.Hide() }, `^$`},
		{"at its end", func(d *Download) { d.Set(0, 900); time.Sleep(late); d.Set(300, 900); d.Set(900, 900) }, `^$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				terminal, shown := newTerminal(t)
				c.do(&Download{Streams: &Streams{Err: terminal}, Name: "bagnet33"})
				if got := shown(); !regexp.MustCompile(c.want).MatchString(got) {
					t.Errorf("a person sees %q, want %s", got, c.want)
				}
			})
		})
	}
}

// TestNoProgress has bars nowhere but on a terminal that can draw them, and not for those
// who want none.
func TestNoProgress(t *testing.T) {
	drawn := func(s *Streams) {
		p, d := NewProgress(s, 3), &Download{Streams: s, Name: "bagnet33"}
		d.Set(0, 900)
		time.Sleep(progressDelay)
		p.Step()
		p.Describe("loss")
		d.Set(300, 900)
	}
	for name, set := range map[string]func(s *Streams){
		"quiet": func(s *Streams) { s.Quiet = true },
		"dumb":  func(s *Streams) { s.Dumb = true },
	} {
		synctest.Test(t, func(t *testing.T) {
			terminal, shown := newTerminal(t)
			s := &Streams{Err: terminal}
			set(s)
			drawn(s)
			if got := shown(); got != "" {
				t.Errorf("%s: a person sees %q", name, got)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		var buffer bytes.Buffer
		drawn(&Streams{Err: &buffer})
		if buffer.Len() > 0 {
			t.Errorf("into a buffer went %q", buffer.String())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		file, err := os.Create(t.TempDir() + "/stderr")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		drawn(&Streams{Err: file})
		if info, err := file.Stat(); err != nil || info.Size() > 0 {
			t.Errorf("into a file went %v bytes (%v)", info.Size(), err)
		}
	})
}

func TestIs(t *testing.T) {
	terminal, _ := newTerminal(t)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, c := range []struct {
		what   string
		stream any
		want   bool
	}{{"a terminal", terminal, true}, {os.DevNull, null, false}, {"a buffer", &bytes.Buffer{}, false}, {"nothing", nil, false}} {
		if got := Is(c.stream); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
