// Command bagnet classifies photographs with BagNets.
package main

import (
	"os"

	"bagnet/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
