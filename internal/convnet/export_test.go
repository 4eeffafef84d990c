package convnet

// ShareAll lets passes be shared whatever that saves.
func ShareAll(n *Network) { n.queue.worthwhile = 0 }

// Waiting returns how many images wait for a pass.
func Waiting(n *Network) int {
	n.queue.mu.Lock()
	defer n.queue.mu.Unlock()
	return len(n.queue.waiting)
}

// Shared returns about how many images the latest passes had.
func Shared(n *Network) int {
	n.queue.mu.Lock()
	defer n.queue.mu.Unlock()
	return n.queue.expected
}
