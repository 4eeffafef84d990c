package texture

import "sync"

// room is how much memory textures may take that are kept for the next network, bytes.
const room = 256 << 20

// textures keeps those that were made first: each network comes to the images in one order.
type textures struct {
	mu    sync.Mutex
	of    map[key]*Made
	bytes int
}

func (t *textures) find(k key) *Made {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[k]
}

// keep keeps a texture, if there is room for it.
func (t *textures) keep(k key, made *Made) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bytes+len(made.Picture.Pix) > room {
		return
	}
	if t.of == nil {
		t.of = map[key]*Made{}
	}
	t.of[k] = made
	t.bytes += len(made.Picture.Pix)
}
