// Size prints the decimal number in a file of sysfs: the smallest program that uses package sysfs. Tests build it with Go and with
// TinyGo.
package main

import (
	"os"

	"github.com/xcmatrix/xcmatrix/suites/disk/sysfs"
)

func main() {
	if len(os.Args) != 2 {
		println("usage: size FILE, such as /sys/block/sda/size")
		os.Exit(2)
	}
	n, err := sysfs.Dir{}.Decimal(os.Args[1])
	if err != nil {
		println(os.Args[1]+":", sysfs.Classify(err).String()+":", err.Error())
		os.Exit(1)
	}
	os.Stdout.Write(append(appendDecimal(nil, n), '\n'))
}

// appendDecimal appends a number to bytes.
func appendDecimal(to []byte, n uint64) []byte {
	if n >= 10 {
		to = appendDecimal(to, n/10)
	}
	return append(to, byte('0'+n%10))
}
