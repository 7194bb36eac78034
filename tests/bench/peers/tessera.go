package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"github.com/transparency-dev/tessera/storage/posix"
	"github.com/transparency-dev/tessera/storage/posix/antispam"
	"golang.org/x/mod/sumdb/note"
)

const origin = "TEST-log.example/peers"

// The least that the POSIX driver takes.
const checkpointInterval = 100 * time.Millisecond

// keys of the log in `folder`, made at the first use: private, public.
func keys(folder string) (string, string, error) {
	private, err := os.ReadFile(filepath.Join(folder, "key"))
	if err == nil {
		public, err := os.ReadFile(filepath.Join(folder, "key.pub"))
		return string(private), string(public), err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", "", err
	}
	secret, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return "", "", err
	}
	if err := os.WriteFile(filepath.Join(folder, "key"), []byte(secret), 0o600); err != nil {
		return "", "", err
	}
	return secret, public, os.WriteFile(filepath.Join(folder, "key.pub"), []byte(public), 0o600)
}

func openLog(ctx context.Context, o options, interval time.Duration) (*tessera.Appender, func(context.Context) error, tessera.LogReader, error) {
	secret, _, err := keys(o.folder)
	if err != nil {
		return nil, nil, nil, err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, nil, nil, err
	}
	driver, err := posix.New(ctx, posix.Config{Path: o.folder})
	if err != nil {
		return nil, nil, nil, err
	}
	opts := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(interval).
		WithBatching(o.batch, o.age).
		WithPushback(max(2*o.flight, tessera.DefaultPushbackMaxOutstanding)).
		WithShutdownTimeout(5 * time.Minute)
	if o.dedupe {
		persistent, err := badger.NewAntispam(ctx, filepath.Join(o.folder, ".state", "antispam"), badger.AntispamOpts{})
		if err != nil {
			return nil, nil, nil, err
		}
		opts = opts.WithAntispam(tessera.DefaultAntispamInMemorySize, persistent)
	}
	return tessera.NewAppender(ctx, driver, opts)
}

func add(ctx context.Context, o options) (any, error) {
	appender, shutdown, reader, err := openLog(ctx, o, time.Second)
	if err != nil {
		return nil, err
	}
	sources := newSources(o.flight)
	result := drive(o.flight, o.seconds, func(client uint) error {
		_, err := appender.Add(ctx, tessera.NewEntry(sources[client].next()))()
		return err
	})
	if err := shutdown(ctx); err != nil {
		return nil, fmt.Errorf("shutdown: %w", err)
	}
	size, err := reader.IntegratedSize(ctx)
	return struct {
		figures
		Size uint64 `json:"size"`
	}{result, size}, err
}

// As Tessera's own fsck command hashes leaves.
func leafHashes(bundle []byte) ([][]byte, error) {
	var entries api.EntryBundle
	if err := entries.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	hashes := make([][]byte, 0, len(entries.Entries))
	for _, entry := range entries.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, nil
}

func check(ctx context.Context, o options) (any, error) {
	public := o.vkey
	if public == "" {
		var err error
		if _, public, err = keys(o.folder); err != nil {
			return nil, err
		}
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, err
	}
	files := &client.FileFetcher{Root: o.folder}
	checkpoint, _, _, err := client.FetchCheckpoint(ctx, files.ReadCheckpoint, verifier, verifier.Name())
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := fsck.New(verifier.Name(), verifier, files, leafHashes, fsck.Opts{N: o.workers}).Check(ctx); err != nil {
		return nil, err
	}
	seconds := time.Since(begin).Seconds()
	return map[string]any{"entries": checkpoint.Size, "seconds": seconds, "rate": float64(checkpoint.Size) / seconds,
		"workers": o.workers, "cores": runtime.NumCPU()}, nil
}
