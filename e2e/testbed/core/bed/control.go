package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

// Orders to a bed that runs go through a socket in its state folder: one line "VERB PROGRAM" in, nothing back when it is
// done, else the reason. Both sides go to the folder first, since the path of a socket may have 107 characters at most.

// serveOrders answers until ctx ends.
func serveOrders(ctx context.Context, state string, do func(ctx context.Context, verb, name string) error) error {
	if err := os.Chdir(state); err != nil {
		return err
	}
	socket, err := net.Listen("unix", socketFile)
	if err != nil {
		return err
	}
	go func() {
		<-ctx.Done()
		socket.Close()
	}()
	go func() {
		for {
			caller, err := socket.Accept()
			if err != nil {
				return // closed
			}
			go func() {
				defer caller.Close()
				line, err := bufio.NewReader(io.LimitReader(caller, 200)).ReadString('\n')
				words := strings.Fields(line)
				if err != nil || len(words) != 2 {
					fmt.Fprint(caller, "an order is a line of two words: stop, kill or start, and a program")
				} else if err := do(ctx, words[0], words[1]); err != nil {
					fmt.Fprint(caller, err)
				}
			}()
		}
	}()
	return nil
}

// order sends one order to the bed in state and returns when it is done.
func sendOrder(state, verb, name string) error {
	if err := os.Chdir(state); err != nil {
		return err
	}
	caller, err := net.Dial("unix", socketFile)
	if err != nil {
		return fmt.Errorf("no bed listens in %s: %w", state, err)
	}
	defer caller.Close()
	if _, err := fmt.Fprintf(caller, "%s %s\n", verb, name); err != nil {
		return err
	}
	reply, err := io.ReadAll(caller)
	if err == nil && len(reply) > 0 {
		err = errors.New(string(reply))
	}
	return err
}
