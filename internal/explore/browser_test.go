package explore_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is the one that all tests use; it ends with them.
var browser struct {
	once sync.Once
	ctx  context.Context
	end  func()
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if browser.end != nil {
		browser.end()
	}
	os.Exit(code)
}

// findBrowser returns the path of a Chromium: $BAGNET_BROWSER, or one on the PATH.
func findBrowser() string {
	if path := os.Getenv("BAGNET_BROWSER"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// startBrowser starts it, once.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes too long for a short run")
	}
	path := findBrowser()
	if path == "" {
		if os.Getenv("BAGNET_EXPECT_BROWSER") != "" {
			t.Fatal("no chromium on the PATH, and none in $BAGNET_BROWSER")
		}
		t.Skip("no chromium on the PATH, and none in $BAGNET_BROWSER: the page was NOT tested in a browser")
	}
	browser.once.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
		allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, end := chromedp.NewContext(allocator)
		browser.ctx, browser.end = ctx, func() { end(); endAllocator() }
		browser.err = chromedp.Do(ctx)
	})
	if browser.err != nil {
		t.Fatalf("starting %s: %v", path, browser.err)
	}
	return browser.ctx
}

// tab is a page in the browser. What it complains of, and what it asks for beside itself, is
// an error of its test.
type tab struct {
	*testing.T
	ctx  context.Context
	file string

	mu         sync.Mutex
	complaints []string
}

// newTab opens an empty tab of that size.
func newTab(t *testing.T, width, height int) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(startBrowser(t))
	p := &tab{T: t, ctx: ctx}
	t.Cleanup(func() {
		end()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, c := range p.complaints {
			t.Errorf("the page: %s", c)
		}
	})
	if err := chromedp.Listen(ctx, p.hear); err != nil {
		t.Fatal(err)
	}
	send(p, network.Enable, network.EnableParams{})
	send(p, log.Enable, cdp.Empty{})
	p.resize(width, height)
	return p
}

// send sends the browser a command.
func send[P, R any](p *tab, command cdp.Command[P, R], params P) {
	p.Helper()
	ctx, end := context.WithTimeout(p.ctx, time.Minute)
	defer end()
	if _, err := chromedp.Call(ctx, command, params); err != nil {
		p.Fatal(err)
	}
}

// resize gives the tab a size.
func (p *tab) resize(width, height int) {
	p.Helper()
	send(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: int64(width), Height: int64(height), DeviceScaleFactor: 1})
}

// prefer makes the tab one of a user who prefers something, such as a dark scheme.
func (p *tab) prefer(medium string, features ...string) {
	p.Helper()
	params := emulation.SetEmulatedMediaParams{Media: medium}
	for i := 0; i < len(features); i += 2 {
		params.Features = append(params.Features, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	send(p, emulation.SetEmulatedMedia, params)
}

// hear notes what a page must not do.
func (p *tab) hear(event any) {
	complaint := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		complaint = fmt.Sprintf("exception: %s %s", e.ExceptionDetails.Text, e.ExceptionDetails.Exception.Description)
	case *runtime.EventConsoleAPICalled:
		complaint = fmt.Sprintf("console: %s", e.Args[0].Value)
	case *log.EventEntryAdded:
		complaint = "log: " + e.Entry.Text
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, "file://"+p.file) && !strings.HasPrefix(u, "data:") && u != "about:blank" {
			complaint = "request: " + u
		}
	case *page.EventJavascriptDialogOpening:
		complaint = "dialog: " + e.Message
	}
	if complaint != "" {
		p.mu.Lock()
		p.complaints = append(p.complaints, complaint)
		p.mu.Unlock()
	}
}

// do runs actions.
func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, end := context.WithTimeout(p.ctx, time.Minute)
	defer end()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.Fatal(err)
	}
}

// value returns what an expression gives, or what is promised by it.
func value[T any](p *tab, expression string) T {
	p.Helper()
	ctx, end := context.WithTimeout(p.ctx, time.Minute)
	defer end()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// run runs a script for what it does, until all that it changes is drawn.
func (p *tab) run(script string) {
	p.Helper()
	p.do(evaluate("{" + script + "}"))
	p.settle()
}

// open writes a page to a file and opens it there.
func (p *tab) open(html []byte, fragment string) {
	p.Helper()
	p.file = filepath.Join(p.TempDir(), "page.html")
	if err := os.WriteFile(p.file, html, 0o666); err != nil {
		p.Fatal(err)
	}
	p.visit(fragment)
}

// visit opens the page's file anew and waits until it is ready.
func (p *tab) visit(fragment string) {
	p.Helper()
	p.load(p.file, fragment)
	p.wait(`performance.getEntriesByName('ready').length === 1`)
	p.settle()
}

// load opens a file.
func (p *tab) load(file, fragment string) {
	p.Helper()
	p.file = file
	u := url.URL{Scheme: "file", Path: file}
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(u.String()+fragment))
}

// wait waits until an expression is true.
func (p *tab) wait(expression string) {
	p.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if value[bool](p, expression) {
			return
		}
		if time.Now().After(end) {
			p.Fatalf("waited in vain for %s\n%s", expression, value[string](p, `location.href + '\n' + document.body.innerText.slice(0, 600)`))
		}
	}
}

// settle waits until everything that changed is drawn.
func (p *tab) settle() {
	p.Helper()
	value[bool](p, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
}

// text returns the text of an element.
func (p *tab) text(id string) string {
	p.Helper()
	return value[string](p, fmt.Sprintf("document.getElementById(%q).innerText", id))
}

// want checks that an expression is true.
func (p *tab) want(expression string) {
	p.Helper()
	if !value[bool](p, expression) {
		p.Errorf("not so: %s", expression)
	}
}

// click clicks an element.
func (p *tab) click(selector string) {
	p.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
	p.settle()
}

// focus gives an element the focus.
func (p *tab) focus(selector string) {
	p.Helper()
	p.do(chromedp.Focus(chromedp.CSS(selector)))
}

// press presses keys, as package kb has them, in what has the focus.
func (p *tab) press(keys string, modifiers ...kb.Modifier) {
	p.Helper()
	p.do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
	p.settle()
}

// set gives a field a value, as a user's hand does.
func (p *tab) set(id, v string) {
	p.Helper()
	p.run(fmt.Sprintf(`const e = document.getElementById(%q); e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true}));`, id, v))
}

// at returns where the middle of a native patch is in the window.
func (p *tab) at(cell int) (x, y float64) {
	p.Helper()
	where := value[[2]float64](p, fmt.Sprintf(`(() => {
		const told = JSON.parse(document.getElementById('told').textContent);
		const current = Number(new URLSearchParams(location.hash.slice(1)).get('image') ?? 0);
		const {grid: g, width, height} = told.images[current];
		const canvas = document.getElementById('canvas');
		canvas.scrollIntoView({block: 'center'});
		const box = canvas.getBoundingClientRect();
		const fit = Math.min(box.width / width, box.height / height);
		const middle = (first, i) => g.origin + (g.first + first * g.step) * g.stride + 0.5;
		const x = middle(%[1]d %% g.nativeCols), y = middle(Math.floor(%[1]d / g.nativeCols));
		return [box.left + box.width / 2 + (x - width / 2) * fit, box.top + box.height / 2 + (y - height / 2) * fit];
	})()`, cell))
	return where[0], where[1]
}

// What the mouse does.
const (
	moved    = input.DispatchMouseEventTypeMouseMoved
	pressed  = input.DispatchMouseEventTypeMousePressed
	released = input.DispatchMouseEventTypeMouseReleased
	wheel    = input.DispatchMouseEventTypeMouseWheel
)

// mouse sends an event of the mouse, with its left button down or not.
func (p *tab) mouse(kind input.DispatchMouseEventType, x, y float64, button bool) {
	p.Helper()
	e := input.DispatchMouseEventParams{Type: kind, X: x, Y: y}
	if button {
		e.Button, e.ClickCount = input.MouseButtonLeft, 1
		if kind != released {
			e.Buttons = 1
		}
	}
	send(p, input.DispatchMouseEvent, e)
}

// drag moves the mouse with its button down through the middles of patches.
func (p *tab) drag(cells ...int) {
	p.Helper()
	x, y := p.at(cells[0])
	p.mouse(moved, x, y, false)
	p.mouse(pressed, x, y, true)
	for _, c := range cells[1:] {
		x, y = p.at(c)
		p.mouse(moved, x, y, true)
	}
	p.mouse(released, x, y, true)
	p.settle()
}

// shot writes a picture of the whole page to $BAGNET_SHOTS, if that is set.
func (p *tab) shot(name string) {
	p.Helper()
	dir := os.Getenv("BAGNET_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o666)
	}
	if err != nil {
		p.Fatal(err)
	}
}

// evaluate runs a script for what it does.
func evaluate(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](script)
}
