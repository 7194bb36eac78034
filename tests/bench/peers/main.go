// Command peers measures Tessera on this machine, for tests/bench/run: its POSIX driver in this process, behind HTTP, and its fsck.
// One JSON object on standard output; what Tessera logs goes to standard error.
//
//	peers add -folder D -seconds S -flight N -batch N -age D [-dedupe]   in this process
//	peers serve -folder D -batch N -age D [-await]                       over HTTP: POST /add, one entry a request
//	peers load -url U -clients N -seconds S                              entries of 300 bytes onto such a server
//	peers fsck -folder D -workers N [-vkey K]                            over what add or serve left, or over any log's files
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

const entryBytes = 300

type options struct {
	folder, url, vkey        string
	seconds, age             time.Duration
	flight, batch, workers   uint
	dedupe, awaitsCheckpoint bool
}

func main() {
	commands := map[string]func(context.Context, options) (any, error){"add": add, "serve": serve, "load": load, "fsck": check}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: peers add|serve|load|fsck [-flag value]...")
		os.Exit(2)
	}
	var o options
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	flags.StringVar(&o.folder, "folder", "", "of the log; made where there is none")
	flags.StringVar(&o.vkey, "vkey", "", "whose signature fsck asks for (default: the key that add and serve made)")
	flags.StringVar(&o.url, "url", "", "of a server's /add")
	flags.DurationVar(&o.seconds, "seconds", 5*time.Second, "how long, a warm-up of a fifth before it not counted")
	flags.DurationVar(&o.age, "age", 250*time.Millisecond, "how long a batch waits for more")
	flags.UintVar(&o.flight, "flight", 64, "additions at once")
	flags.UintVar(&o.flight, "clients", 64, "connections at once")
	flags.UintVar(&o.batch, "batch", 256, "entries of a batch")
	flags.UintVar(&o.workers, "workers", 1, "of fsck")
	flags.BoolVar(&o.dedupe, "dedupe", false, "with persistent deduplication")
	flags.BoolVar(&o.awaitsCheckpoint, "await", false, "answer when a checkpoint covers the entry")
	_ = flags.Parse(os.Args[2:])
	result, err := commands[os.Args[1]](context.Background(), o)
	if err != nil {
		fmt.Fprintf(os.Stderr, "peers %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		os.Exit(1)
	}
}

// figures of one load.
type figures struct {
	Entries int     `json:"entries"`
	Seconds float64 `json:"seconds"`
	Rate    float64 `json:"rate"`
	P50     float64 `json:"p50Ms"`
	P99     float64 `json:"p99Ms"`
	Refused int     `json:"refused"`
	Failure string  `json:"failure,omitempty"`
}

// drive calls `once` from each of `clients` until the time is over: a fifth more before the clock starts, to warm up. An error is a
// refusal: it is counted, and the client waits a moment.
func drive(clients uint, seconds time.Duration, once func(client uint) error) figures {
	begin := time.Now().Add(seconds / 5)
	end := begin.Add(seconds)
	var mutex sync.Mutex
	var result figures
	var latencies []float64
	var group sync.WaitGroup
	for client := range clients {
		group.Add(1)
		go func() {
			defer group.Done()
			var own []float64
			refused, failure := 0, ""
			for {
				sent := time.Now()
				if !sent.Before(end) {
					break
				}
				err := once(client)
				answered := time.Now()
				switch {
				case err != nil:
					refused++
					failure = err.Error()
					time.Sleep(5 * time.Millisecond)
				case !answered.Before(begin) && answered.Before(end):
					own = append(own, float64(answered.Sub(sent).Microseconds())/1000)
				}
			}
			mutex.Lock()
			defer mutex.Unlock()
			latencies = append(latencies, own...)
			result.Refused += refused
			if failure != "" {
				result.Failure = failure
			}
		}()
	}
	group.Wait()
	result.Entries = len(latencies)
	result.Seconds = seconds.Seconds()
	result.Rate = float64(result.Entries) / result.Seconds
	if len(latencies) > 0 {
		slices.Sort(latencies)
		result.P50 = latencies[len(latencies)/2]
		result.P99 = latencies[len(latencies)*99/100]
	}
	return result
}
