package main

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// Below the range from which Linux takes the ports of outgoing connections (32768 and up), so that no connection of
// somebody else sits on a port between its choice and its use, or while its server is stopped for a test.
const firstPort, lastPort = 20000, 32000

// A reservation is a loopback port that no other bed chooses as long as this process lives: the mark is a Unix socket in
// the abstract namespace, which the kernel drops with the process, however that ends.
type reservation struct {
	port int
	mark net.Listener
}

// reservePort finds a port on which nothing listens and that no other bed has reserved.
func reservePort() (reservation, error) {
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		mark, err := net.Listen("unix", fmt.Sprintf("@inferscale-testbed-port-%d", port))
		if err != nil {
			continue
		}
		probe, err := net.Listen("tcp", address(port))
		if err != nil {
			mark.Close()
			continue
		}
		probe.Close()
		return reservation{port, mark}, nil
	}
	return reservation{}, fmt.Errorf("no free port on 127.0.0.1 between %d and %d", firstPort, lastPort)
}

func (r reservation) release() { r.mark.Close() }

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
