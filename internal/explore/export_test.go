package explore

// What tests in a browser need of the inside.
var (
	EncodeCells = encodeCells
	Base85      = base85
	MaxValues   = maxValues
)
