// Keda216 asks an external scaler the three questions of one poll, with the client of KEDA 2.16, and prints what that
// KEDA would reckon with: a line of JSON.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"os"

	"github.com/kedacore/keda/v2/pkg/scalers/externalscaler"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

type answer struct {
	Metric string `json:"metric"`
	Target int64  `json:"target"`
	Value  int64  `json:"value"`
	Active bool   `json:"active"`
}

func main() {
	address := flag.String("address", "", "host:port of the scaler")
	namespace := flag.String("namespace", "serving", "of the ScaledObject")
	pool := flag.String("pool", "", "of the trigger")
	signal := flag.String("signal", "", "of the trigger")
	target := flag.String("target", "", "of the trigger")
	flag.Parse()
	connection, err := grpc.NewClient(*address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	said, err := ask(externalscaler.NewExternalScalerClient(connection), &externalscaler.ScaledObjectRef{
		Name:      "scaled",
		Namespace: *namespace,
		ScalerMetadata: map[string]string{
			"scalerAddress": *address,
			"pool":          *pool,
			"signal":        *signal,
			"target":        *target,
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		log.Fatal(err)
	}
}

func ask(client externalscaler.ExternalScalerClient, ref *externalscaler.ScaledObjectRef) (said answer, err error) {
	spec, err := client.GetMetricSpec(context.Background(), ref)
	if err != nil {
		return said, err
	}
	said.Metric, said.Target = spec.MetricSpecs[0].MetricName, spec.MetricSpecs[0].TargetSize
	values, err := client.GetMetrics(context.Background(),
		&externalscaler.GetMetricsRequest{ScaledObjectRef: ref, MetricName: said.Metric})
	if err != nil {
		return said, err
	}
	for _, each := range values.MetricValues {
		said.Value += each.MetricValue
	}
	active, err := client.IsActive(context.Background(), ref)
	if err != nil {
		return said, err
	}
	said.Active = active.Result
	return said, nil
}
