package engine

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// A Workspace is the memory that passes run in. It grows to what a Plan needs
// and is kept for the next pass; one pass at a time can use it. The zero value
// is ready.
type Workspace struct {
	arena   []float32
	sums    []float64
	workers []*worker

	// Of the pass under way.
	plan    *Plan
	ctx     context.Context
	images  int // of the pass
	ins     [][]float32
	outs    [][]float32
	timed   bool         // whether workers measure their steps
	next    atomic.Int64 // strip of the segment under way
	number  int64        // of the pass; they are counted
	stopped atomic.Int64 // the last pass that was stopped
	meeting barrier
	failure atomic.Pointer[any]
}

// A worker takes strips from the common counter until there are none.
type worker struct {
	tiler
	ws      *Workspace
	image   int // under way, of those computed one after the other
	scratch []float32
	spent   []time.Duration // on each step of the plan, if timed
	start   func()          // bound once, so that starting it allocates nothing
}

// Run computes the plan's outputs, each [h][w][channels], from in, [h][w][channels].
// Its bits do not depend on the number of threads. When it returns, its
// goroutines have ended their work; the error is ctx's, which is looked at
// between strips.
func (p *Plan) Run(ctx context.Context, ws *Workspace, in []float32, outs ...[]float32) error {
	return p.RunBatch(ctx, ws, 1, in, outs...)
}

// RunInputs is Run for a plan of several inputs.
func (p *Plan) RunInputs(ctx context.Context, ws *Workspace, ins [][]float32, outs ...[]float32) error {
	ws.ins = append(ws.ins[:0], ins...)
	return p.run(ctx, ws, 1, outs)
}

func (p *Plan) run(ctx context.Context, ws *Workspace, images int, outs [][]float32) error {
	checkFloats("input", ws.ins, p.ins, images)
	checkFloats("output", outs, p.outs, images)
	ws.prepare(p)
	ws.ctx, ws.images, ws.outs = ctx, images, append(ws.outs[:0], outs...)
	ws.number++
	defer ws.forget()
	for image := range images {
		if image == 0 || p.together == 0 { // the others when their turn comes
			p.load(ws, image)
		}
	}
	if len(p.segments) == 0 { // the outputs are the input
		p.store(ws)
		return nil
	}
	ws.next.Store(0)
	for _, w := range ws.workers[1:p.threads] {
		go w.start()
	}
	ws.workers[0].pass()
	if f := ws.failure.Swap(nil); f != nil {
		panic(*f) // where the caller can catch it
	}
	if ws.stopped.Load() == ws.number {
		return ctx.Err()
	}
	p.store(ws)
	return nil
}

// checkFloats panics if what the caller gives has not the sizes that the plan has.
func checkFloats(what string, given [][]float32, want []output, images int) {
	if len(given) != len(want) {
		panic(fmt.Sprintf("engine: %d %ss, want %d", len(given), what, len(want)))
	}
	for i, o := range want {
		if len(given[i]) != images*o.floats() {
			panic(fmt.Sprintf("engine: %s %d of %d floats, want %d", what, i, len(given[i]), images*o.floats()))
		}
	}
}

// forget drops what belongs to the caller.
func (ws *Workspace) forget() {
	ws.ctx = nil
	clear(ws.ins)
	clear(ws.outs)
}

// prepare makes room for a pass of p.
func (ws *Workspace) prepare(p *Plan) {
	ws.plan = p
	grow(&ws.arena, p.arenaFloats)
	grow(&ws.sums, p.images*p.sumFloats)
	ws.meeting.prepare(p.threads)
	for len(ws.workers) < p.threads {
		w := &worker{ws: ws, tiler: tiler{edge: make([]float32, maxTile)}}
		w.start = w.pass
		ws.workers = append(ws.workers, w)
	}
	for _, w := range ws.workers[:p.threads] {
		grow(&w.scratch, p.scratchFloats)
		grow(&w.transforms, p.transformFloats)
	}
}

// grow makes s n values long, whatever they are.
func grow[T any](s *[]T, n int) {
	if cap(*s) < n {
		*s = nil // before the new one is made
		*s = make([]T, n)
	}
	*s = (*s)[:n]
}

// pass takes a worker through all segments. It may leave the last meeting late,
// when the next pass has begun: from there on it uses nothing of this one but
// its number.
func (w *worker) pass() {
	ws, number, p := w.ws, w.ws.number, w.ws.plan
	images := ws.images
	through := func(from, to, image int) bool {
		for i := from; i < to; i++ {
			w.image = image
			w.segment(i)
			ws.meeting.meet(func() { ws.close(i, image) })
			if ws.stopped.Load() >= number {
				return false
			}
		}
		return true
	}
	for image := range images {
		if !through(0, p.together, image) {
			return
		}
	}
	through(p.together, len(p.segments), 0)
}

// close ends a segment of an image, or of all that are computed together, when all its strips are done.
func (ws *Workspace) close(segment, image int) {
	if ws.ctx.Err() != nil || ws.failure.Load() != nil {
		ws.stopped.Store(ws.number)
		return
	}
	steps := ws.plan.segments[segment]
	ws.plan.finish(ws, &steps[len(steps)-1], image)
	if segment == ws.plan.together-1 && image < ws.images-1 {
		ws.plan.load(ws, image+1)
	}
	ws.next.Store(0)
}

func (w *worker) segment(i int) {
	ws := w.ws
	defer func() {
		if f := recover(); f != nil {
			failure := f // apart, so that good passes allocate nothing
			ws.failure.Store(&failure)
		}
	}()
	steps, strips := ws.plan.segments[i], ws.plan.strips[i]
	for ws.ctx.Err() == nil {
		strip := int(ws.next.Add(1)) - 1
		if strip >= strips {
			return
		}
		for k := range steps {
			if ws.timed {
				w.timedStep(&steps[k], strip)
			} else {
				w.step(&steps[k], strip)
			}
		}
	}
}

// step computes one strip of one operation.
func (w *worker) step(s *step, strip int) {
	rows := s.rows[strip]
	if rows.a >= rows.b {
		return
	}
	w.panels = share{0, 1}
	if s.byPanels {
		w.panels = share{strip, len(s.rows)}
	}
	in, out := w.view(s.from, strip), w.view(s.to, strip)
	w.with = w.with[:0]
	for _, at := range s.withFrom {
		w.with = append(w.with, w.view(at, strip))
	}
	var residual *view
	if s.residual != none {
		w.residual = w.view(s.residualFrom, strip)
		residual = &w.residual
	}
	images := 1
	if s.together {
		images = w.ws.images
	}
	_, isMean := s.layer.(mean)
	_, atOnce := s.layer.(*Conv)
	if w.images = 1; atOnce {
		w.images = images
		s.layer.rows(&w.tiler, s, in, out, residual, rows.a, rows.b)
	}
	for image := range images {
		if !atOnce {
			w.sums = w.ws.sums[(w.image+image)*w.ws.plan.sumFloats:]
			s.layer.rows(&w.tiler, s, in, out, residual, rows.a, rows.b)
		}
		if !isMean && w.panels.i == 0 {
			w.ws.plan.storages[s.to.storage].frame(out, rows, s.layer.shape().Out)
		}
		in.base += in.image
		out.base += out.image
		w.residual.base += w.residual.image
		for i := range w.with {
			w.with[i].base += w.with[i].image
		}
	}
}

// view returns the rows of a node that are at hand in a strip.
func (w *worker) view(at place, strip int) view {
	ws := w.ws
	s := &ws.plan.storages[at.storage]
	v := view{row: s.rowFloats(), pixel: s.channels}
	v.base = s.pad*v.row + s.pad*v.pixel + at.channel
	if s.images > 1 {
		v.image = s.ofOne()
		v.base += w.image * v.image
	}
	switch s.kind {
	case scratch:
		v.data = w.scratch[s.offset : s.offset+s.floats()]
		v.base -= s.start[strip] * v.row
	case arena:
		v.data = ws.arena[s.offset : s.offset+s.floats()]
	case onInput:
		v.data = ws.ins[s.index]
	case onOutput:
		v.data = ws.outs[s.index]
	}
	return v
}

// frame clears the frame of zeros beside rows of a node with so many channels,
// and above and below them where they are the first or the last. Other channels
// of the storage are other workers' business.
func (s *storage) frame(v view, rows span, channels int) {
	row := func(y, x0, x1 int) {
		for x := x0; x < x1; x++ {
			clear(v.pixels(y, x, x+1, channels))
		}
	}
	if s.pad == 0 {
		return
	}
	for y := rows.a; y < rows.b; y++ {
		row(y, -s.pad, 0)
		row(y, s.w, s.w+s.pad)
	}
	for i := 1; i <= s.pad; i++ {
		if rows.a == 0 {
			row(-i, -s.pad, s.w+s.pad)
		}
		if rows.b == s.h {
			row(s.h+i-1, -s.pad, s.w+s.pad)
		}
	}
}

// load copies the inputs of an image to where the network reads them, unless it does so in place.
func (p *Plan) load(ws *Workspace, image int) {
	ws.workers[0].image = image
	for i, in := range p.ins {
		s := &p.storages[in.storage]
		if s.kind == onInput {
			continue
		}
		v := ws.workers[0].view(in.place, 0)
		row := in.w * s.channels
		for y := range s.h {
			copy(v.pixels(y, 0, s.w, s.channels), ws.ins[i][image*in.floats()+y*row:])
		}
		s.frame(v, span{0, s.h}, s.channels)
	}
}

// store copies the outputs that were not computed in place to the caller.
func (p *Plan) store(ws *Workspace) {
	ws.workers[0].image = 0
	for i, o := range p.outs {
		if s := &p.storages[o.storage]; s.kind == onOutput && s.index == i {
			continue
		}
		v := ws.workers[0].view(o.place, 0)
		for image := range ws.images {
			for y := range o.h {
				for x := range o.w {
					copy(ws.outs[i][((image*o.h+y)*o.w+x)*o.channels:], v.pixels(y, x, x+1, o.channels))
				}
			}
			v.base += v.image
		}
	}
}

// finish ends a segment whose last operation is a mean.
func (p *Plan) finish(ws *Workspace, s *step, image int) {
	if m, ok := s.layer.(mean); ok {
		v := ws.workers[0].view(s.to, 0)
		images := 1
		if s.together {
			images = ws.images
		}
		for i := range images {
			m.finish(ws.sums[(image+i)*p.sumFloats+s.sums:], s.inH, s.inW, v.pixels(0, 0, 1, m.Out))
			p.storages[s.to.storage].frame(v, span{0, 1}, m.Out)
			v.base += v.image
		}
	}
}
