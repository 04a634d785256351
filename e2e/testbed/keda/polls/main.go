// Polls is KEDA's side of the external scaler's contract, as a load: many ScaledObjects over one client channel, each with
// a stream of StreamIsActive, and so many polls a second of GetMetricSpec, GetMetrics and IsActive. As KEDA does, it sets
// no deadline, no keepalive and no credentials, and spreads over all addresses of the name.
//
// It does what the lines of its standard input ask for, answers each with a line of JSON, and ends with its input:
//
//	streams N     opens streams until there are N; answers when each has said something
//	poll SECONDS  polls for that long; answers when all are back
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kedacore/keda/v2/pkg/scalers/externalscaler"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	roundRobin = `{"loadBalancingConfig": [{"round_robin": {}}]}`
	signal     = "inference_requests_in_flight"
	// Different ScaledObjects that ask.
	scaledObjects = 2000
)

type load struct {
	address, namespace string
	pools              int
	perSecond          int
	client             externalscaler.ExternalScalerClient

	open, words, broken atomic.Int64
}

// What one command came to; times in microseconds.
type outcome struct {
	Streams    int64   `json:"streams"`
	Broken     int64   `json:"broken"`
	Words      int64   `json:"words"`
	Rpcs       int     `json:"rpcs"`
	Failed     int     `json:"failed"`
	FirstFault string  `json:"firstFault,omitempty"`
	RpcP50     float64 `json:"rpcP50"`
	RpcP99     float64 `json:"rpcP99"`
	PollP50    float64 `json:"pollP50"`
	PollP99    float64 `json:"pollP99"`
}

func main() {
	l := &load{}
	flag.StringVar(&l.address, "address", "", "host:port of the scaler")
	flag.StringVar(&l.namespace, "namespace", "serving", "of all ScaledObjects")
	flag.IntVar(&l.pools, "pools", 20, "named pool-0 and so on")
	flag.IntVar(&l.perSecond, "per-second", 400, "polls a second, of three calls each")
	flag.Parse()
	connection, err := grpc.NewClient(l.address,
		grpc.WithDefaultServiceConfig(roundRobin),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	l.client = externalscaler.NewExternalScalerClient(connection)
	answers := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		result, err := l.do(lines.Text())
		if err == nil {
			err = answers.Encode(result)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

func (l *load) do(line string) (outcome, error) {
	var verb string
	var number int64
	if _, err := fmt.Sscanf(line, "%s %d", &verb, &number); err != nil {
		return outcome{}, fmt.Errorf("%q is not a command and a number: %w", line, err)
	}
	switch verb {
	case "streams":
		return l.streams(number)
	case "poll":
		return l.poll(time.Duration(number) * time.Second), nil
	default:
		return outcome{}, fmt.Errorf("there is no command %q", verb)
	}
}

func (l *load) ref(i int) *externalscaler.ScaledObjectRef {
	return &externalscaler.ScaledObjectRef{
		Name:      fmt.Sprintf("scaled-%d", i),
		Namespace: l.namespace,
		ScalerMetadata: map[string]string{
			"scalerAddress": l.address,
			"pool":          fmt.Sprintf("pool-%d", i%l.pools),
			"signal":        signal,
			"target":        "10",
		},
	}
}

func (l *load) streams(wanted int64) (outcome, error) {
	var opening sync.WaitGroup
	faults := make(chan error, wanted)
	for i := l.open.Load(); i < wanted; i++ {
		opening.Add(1)
		go func() {
			defer opening.Done()
			faults <- l.listen(l.ref(int(i)))
		}()
	}
	opening.Wait()
	close(faults)
	for fault := range faults {
		if fault != nil {
			return outcome{}, fault
		}
	}
	return outcome{Streams: l.open.Load(), Broken: l.broken.Load(), Words: l.words.Load()}, nil
}

// Returns with the first word; what comes after it is counted.
func (l *load) listen(ref *externalscaler.ScaledObjectRef) error {
	stream, err := l.client.StreamIsActive(context.Background(), ref)
	if err != nil {
		return err
	}
	if _, err := stream.Recv(); err != nil {
		return err
	}
	l.words.Add(1)
	l.open.Add(1)
	go func() {
		defer l.open.Add(-1)
		for {
			if _, err := stream.Recv(); err != nil {
				if !errors.Is(err, io.EOF) {
					l.broken.Add(1)
				}
				return
			}
			l.words.Add(1)
		}
	}()
	return nil
}

// Each poll begins when it is due, whether or not the ones before it are back.
func (l *load) poll(length time.Duration) outcome {
	var (
		under       sync.WaitGroup
		guard       sync.Mutex
		rpcs, polls []float64
		faults      []string
	)
	words := l.words.Load()
	all := int(length.Seconds() * float64(l.perSecond))
	began := time.Now()
	for i := range all {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(l.perSecond))
		time.Sleep(time.Until(due))
		ref := l.ref(i % scaledObjects)
		under.Add(1)
		go func() {
			defer under.Done()
			took, err := l.once(ref)
			guard.Lock()
			defer guard.Unlock()
			rpcs = append(rpcs, took...)
			polls = append(polls, micros(time.Since(due)))
			if err != nil {
				faults = append(faults, err.Error())
			}
		}()
	}
	under.Wait()
	return outcome{
		Streams:    l.open.Load(),
		Broken:     l.broken.Load(),
		Words:      l.words.Load() - words,
		Rpcs:       len(rpcs),
		Failed:     len(faults),
		FirstFault: strings.Join(faults[:min(1, len(faults))], ""),
		RpcP50:     quantile(rpcs, 0.5),
		RpcP99:     quantile(rpcs, 0.99),
		PollP50:    quantile(polls, 0.5),
		PollP99:    quantile(polls, 0.99),
	}
}

// The three questions of one poll, one after the other.
func (l *load) once(ref *externalscaler.ScaledObjectRef) ([]float64, error) {
	var took []float64
	began := time.Now()
	spec, err := l.client.GetMetricSpec(context.Background(), ref)
	took = append(took, micros(time.Since(began)))
	if err != nil {
		return took, err
	}
	for _, each := range spec.MetricSpecs {
		began = time.Now()
		request := &externalscaler.GetMetricsRequest{ScaledObjectRef: ref, MetricName: each.MetricName}
		values, err := l.client.GetMetrics(context.Background(), request)
		took = append(took, micros(time.Since(began)))
		if err != nil {
			return took, err
		}
		if len(values.MetricValues) != 1 || !(values.MetricValues[0].MetricValueFloat > 0) {
			return took, fmt.Errorf("the values are %v", values.MetricValues)
		}
	}
	began = time.Now()
	active, err := l.client.IsActive(context.Background(), ref)
	took = append(took, micros(time.Since(began)))
	if err == nil && !active.Result {
		err = errors.New("not active")
	}
	return took, err
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[min(len(values)-1, int(q*float64(len(values))))]
}
