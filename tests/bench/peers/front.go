package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/transparency-dev/tessera"
)

// source makes entries that nobody has met: random bytes, and a number.
type source struct {
	random [entryBytes]byte
	count  uint64
}

func newSources(count uint) []*source {
	sources := make([]*source, count)
	for i := range sources {
		sources[i] = &source{}
		_, _ = rand.Read(sources[i].random[:])
	}
	return sources
}

func (s *source) next() []byte {
	s.count++
	entry := make([]byte, entryBytes)
	copy(entry, s.random[:])
	binary.BigEndian.PutUint64(entry[entryBytes-8:], s.count)
	return entry
}

// serve is Tessera's own example of a front: the body of POST /add becomes the entry, the answer is its index. Until SIGTERM.
func serve(ctx context.Context, o options) (any, error) {
	interval := time.Second
	if o.awaitsCheckpoint {
		interval = checkpointInterval
	}
	appender, shutdown, reader, err := openLog(ctx, o, interval)
	if err != nil {
		return nil, err
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 5*time.Millisecond)
	handler := http.NewServeMux()
	handler.HandleFunc("POST /add", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		future := appender.Add(r.Context(), tessera.NewEntry(body))
		var index tessera.Index
		var checkpoint []byte
		if o.awaitsCheckpoint {
			index, checkpoint, err = awaiter.Await(r.Context(), future)
		} else {
			index, err = future()
		}
		switch {
		case errors.Is(err, tessera.ErrPushback):
			w.WriteHeader(http.StatusServiceUnavailable)
		case err != nil:
			w.WriteHeader(http.StatusInternalServerError)
		default:
			_, _ = fmt.Fprintf(w, "%d\n%s", index.Index, checkpoint)
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-ended
		_ = server.Close()
	}()
	fmt.Printf("{\"url\":\"http://%s/add\"}\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return nil, err
	}
	if err := shutdown(ctx); err != nil {
		return nil, err
	}
	size, err := reader.IntegratedSize(ctx)
	return map[string]uint64{"size": size}, err
}

func load(_ context.Context, o options) (any, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: int(o.flight), MaxConnsPerHost: int(o.flight), DisableCompression: true}
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	sources := newSources(o.flight)
	return drive(o.flight, o.seconds, func(number uint) error {
		response, err := client.Post(o.url, "application/octet-stream", bytes.NewReader(sources[number].next()))
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", response.StatusCode)
		}
		return nil
	}), nil
}
