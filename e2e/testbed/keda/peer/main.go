// Peer is the least that an external scaler for KEDA can be in Go: every answer is a constant, given at the pace of
// grpc-go's own server. Benches compare ours with it.
//
// It prints one line with its port, and ends with its standard input.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/kedacore/keda/v2/pkg/scalers/externalscaler"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// As many as the pools of the bench have in flight.
const value = 33

type scaler struct {
	externalscaler.UnimplementedExternalScalerServer
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	externalscaler.RegisterExternalScalerServer(server, scaler{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		server.Stop()
	}()
	fmt.Printf("listens on port %d\n", listener.Addr().(*net.TCPAddr).Port)
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}

// What a scaler cannot do without reading: whose pool, and the target.
func target(ref *externalscaler.ScaledObjectRef) (float64, error) {
	if ref.ScalerMetadata["pool"] == "" {
		return 0, status.Error(codes.InvalidArgument, "pool is missing")
	}
	target, err := strconv.ParseFloat(ref.ScalerMetadata["target"], 64)
	if err != nil || target <= 0 {
		return 0, status.Error(codes.InvalidArgument, "target is not a number greater than 0")
	}
	return target, nil
}

func (scaler) GetMetricSpec(_ context.Context, ref *externalscaler.ScaledObjectRef) (*externalscaler.GetMetricSpecResponse, error) {
	target, err := target(ref)
	if err != nil {
		return nil, err
	}
	return &externalscaler.GetMetricSpecResponse{MetricSpecs: []*externalscaler.MetricSpec{
		{MetricName: ref.ScalerMetadata["signal"], TargetSize: int64(target), TargetSizeFloat: target},
	}}, nil
}

func (scaler) GetMetrics(_ context.Context, request *externalscaler.GetMetricsRequest) (*externalscaler.GetMetricsResponse, error) {
	if _, err := target(request.ScaledObjectRef); err != nil {
		return nil, err
	}
	return &externalscaler.GetMetricsResponse{MetricValues: []*externalscaler.MetricValue{
		{MetricName: request.MetricName, MetricValue: value, MetricValueFloat: value},
	}}, nil
}

func (scaler) IsActive(_ context.Context, ref *externalscaler.ScaledObjectRef) (*externalscaler.IsActiveResponse, error) {
	if _, err := target(ref); err != nil {
		return nil, err
	}
	return &externalscaler.IsActiveResponse{Result: true}, nil
}

// Says true at the opening and then every 6 to 9 seconds, as ours does while there is demand.
func (scaler) StreamIsActive(ref *externalscaler.ScaledObjectRef, stream externalscaler.ExternalScaler_StreamIsActiveServer) error {
	if _, err := target(ref); err != nil {
		return err
	}
	for {
		if err := stream.Send(&externalscaler.IsActiveResponse{Result: true}); err != nil {
			return err
		}
		again := time.NewTimer(6*time.Second + rand.N(3*time.Second))
		select {
		case <-again.C:
		case <-stream.Context().Done():
			again.Stop()
			return nil
		}
	}
}
