package main

import (
	"errors"
	"fmt"
	"net"
)

// The block 127.10.0.0/16 without the .0 and .255 of each /24.
const addressCount = 256 * 254

// takeAddress gives a pod a loopback address of its own: wanted, which it had before, if that is free, else the next free
// one. The number to continue from makes an address be given again as late as possible, because clients remember
// addresses. What holds it is a socket in the abstract namespace, so that two runners of one machine never give the same
// one, and a runner that dies, however it dies, holds none.
func takeAddress(wanted string, next *int) (ip string, hold net.Listener, err error) {
	for range addressCount {
		if ip, wanted = wanted, ""; ip == "" {
			ip = addressAt(*next)
			*next++
		}
		if hold, err = net.Listen("unix", "@inferscale-testbed/"+ip); err == nil {
			return ip, hold, nil
		}
	}
	return "", nil, errors.New("no address is free in 127.10.0.0/16")
}

func addressAt(i int) string {
	i %= addressCount
	return fmt.Sprintf("127.10.%d.%d", i/254, i%254+1)
}
