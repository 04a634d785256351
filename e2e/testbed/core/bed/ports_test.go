package main

import (
	"fmt"
	"net"
	"testing"
)

func TestReservedPortsDifferAndStayBelowThoseOfOutgoingConnections(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		r := must(reservePort())(t)
		defer r.release()
		if seen[r.port] || r.port < firstPort || r.port >= lastPort {
			t.Fatalf("port %d, after %v", r.port, seen)
		}
		seen[r.port] = true
	}
}

func TestReservationHoldsAgainstOtherBedsButNotAgainstTheServer(t *testing.T) {
	r := must(reservePort())(t)
	if _, err := net.Listen("unix", fmt.Sprintf("@inferscale-testbed-port-%d", r.port)); err == nil {
		t.Error("another bed can reserve it too")
	}
	must(net.Listen("tcp", address(r.port)))(t).Close()
	r.release()
	must(net.Listen("unix", fmt.Sprintf("@inferscale-testbed-port-%d", r.port)))(t).Close()
}
