// Package sumdb reads a trustlog log with golang.org/x/mod/sumdb, the client side of the Go checksum database: its note parser,
// its tile reader and its proof checker, none of which know of trustlog. The log is named by TRUSTLOG_URL and TRUSTLOG_VKEY;
// TRUSTLOG_SEED picks another sample. C2SP tlog-tiles differs from sumdb in the tile path (no height) and in the bundles.
package sumdb

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	sampleSize = 256
	maxBody    = 64 << 20
	parallel   = 8
)

// log is a tlog.TileReader over HTTP at one verified tree head.
type log struct {
	url    string
	client *http.Client
	tree   tlog.Tree
	mu     sync.Mutex
	saved  map[string][]byte // tiles that TileHashReader has authenticated
}

// open fetches the checkpoint and opens it with note.Open.
func open(t *testing.T) *log {
	url, vkey := os.Getenv("TRUSTLOG_URL"), os.Getenv("TRUSTLOG_VKEY")
	if url == "" || vkey == "" {
		t.Skip("TRUSTLOG_URL and TRUSTLOG_VKEY name no log")
	}
	l := &log{
		url:    strings.TrimSuffix(url, "/"),
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: parallel}},
		saved:  map[string][]byte{},
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatalf("vkey: %v", err)
	}
	body, err := l.get("checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	opened, err := note.Open(body, note.VerifierList(verifier))
	if err != nil {
		t.Fatalf("note.Open: %v", err)
	}
	l.tree, err = parseCheckpoint(opened.Text, verifier.Name())
	if err != nil {
		t.Fatalf("checkpoint: %v", err)
	}
	if l.tree.N == 0 {
		t.Fatal("the log is empty: not even genesis")
	}
	return l
}

// parseCheckpoint reads the three lines of a C2SP checkpoint without extensions.
func parseCheckpoint(text, origin string) (tlog.Tree, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tlog.Tree{}, fmt.Errorf("%d lines, not three", len(lines)-1)
	}
	if lines[0] != origin {
		return tlog.Tree{}, fmt.Errorf("origin %q is not the key name %q", lines[0], origin)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("size %q", lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("root %q", lines[2])
	}
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree, nil
}

func (l *log) get(path string) ([]byte, error) {
	response, err := l.client.Get(l.url + "/" + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET /%s: %s", path, response.Status)
	}
	return body, err
}

// tilePath drops the height from sumdb's path: tile/8/0/x001/067 is tile/0/x001/067 in C2SP.
func tilePath(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
}

// Height, ReadTiles and SaveTiles make log a tlog.TileReader.
func (l *log) Height() int { return tileHeight }

func (l *log) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data, errs := make([][]byte, len(tiles)), make([]error, len(tiles))
	slots := make(chan struct{}, parallel)
	var all sync.WaitGroup
	for i := range tiles {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			data[i], errs[i] = l.readTile(tilePath(tiles[i]))
		}(i)
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (l *log) readTile(path string) ([]byte, error) {
	l.mu.Lock()
	data, ok := l.saved[path]
	l.mu.Unlock()
	if ok {
		return data, nil
	}
	return l.get(path)
}

func (l *log) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, tile := range tiles {
		l.saved[tilePath(tile)] = data[i]
	}
}

// entry returns the bytes of one entry, out of its bundle.
func (l *log) entry(index int64) ([]byte, error) {
	tile := tlog.Tile{H: tileHeight, L: 0, N: index / tileWidth, W: tileWidth}
	if rest := l.tree.N - tile.N*tileWidth; rest < tileWidth {
		tile.W = int(rest)
	}
	path := "tile/entries/" + strings.TrimPrefix(tilePath(tile), "tile/0/")
	bundle, err := l.get(path)
	if err != nil {
		return nil, err
	}
	for i := int64(0); len(bundle) >= 2; i++ {
		length := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+length {
			break
		}
		if i == index%tileWidth {
			return bundle[2 : 2+length], nil
		}
		bundle = bundle[2+length:]
	}
	return nil, fmt.Errorf("/%s ends before entry %d", path, index)
}

// sample returns all of [begin, end) where that is few, else its edges and seeded picks between them.
func sample(t *testing.T, begin, end int64) []int64 {
	if end-begin <= sampleSize {
		var all []int64
		for i := begin; i < end; i++ {
			all = append(all, i)
		}
		return all
	}
	seed := int64(1)
	if text := os.Getenv("TRUSTLOG_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseInt(text, 10, 64); err != nil {
			t.Fatalf("TRUSTLOG_SEED: %v", err)
		}
	}
	picks, random := []int64{begin, end - 1}, rand.New(rand.NewSource(seed))
	for len(picks) < sampleSize {
		picks = append(picks, begin+random.Int63n(end-begin))
	}
	return picks
}

func TestTreeHashOfTheTilesIsTheSignedRoot(t *testing.T) {
	l := open(t)
	root, err := tlog.TreeHash(l.tree.N, tlog.TileHashReader(l.tree, l))
	if err != nil {
		t.Fatal(err)
	}
	if root != l.tree.Hash {
		t.Fatalf("tiles give %v, signed is %v", root, l.tree.Hash)
	}
	t.Logf("size %d, root %v", l.tree.N, root)
}

func TestRecordsProvedFromTilesHashToTheirEntries(t *testing.T) {
	l := open(t)
	reader := tlog.TileHashReader(l.tree, l)
	for _, index := range sample(t, 0, l.tree.N) {
		entry, err := l.entry(index)
		if err != nil {
			t.Fatal(err)
		}
		proof, err := tlog.ProveRecord(l.tree.N, index, reader)
		if err != nil {
			t.Fatalf("ProveRecord(%d): %v", index, err)
		}
		if err := tlog.CheckRecord(proof, l.tree.N, l.tree.Hash, index, tlog.RecordHash(entry)); err != nil {
			t.Fatalf("CheckRecord(%d): %v", index, err)
		}
		entry[len(entry)-1] ^= 1
		if tlog.CheckRecord(proof, l.tree.N, l.tree.Hash, index, tlog.RecordHash(entry)) == nil {
			t.Fatalf("CheckRecord(%d) takes a changed entry", index)
		}
	}
}

func TestSmallerTreesAreProvedConsistent(t *testing.T) {
	l := open(t)
	reader := tlog.TileHashReader(l.tree, l)
	for _, size := range sample(t, 1, l.tree.N+1) {
		old, err := tlog.TreeHash(size, reader)
		if err != nil {
			t.Fatalf("TreeHash(%d): %v", size, err)
		}
		proof, err := tlog.ProveTree(l.tree.N, size, reader)
		if err != nil {
			t.Fatalf("ProveTree(%d): %v", size, err)
		}
		if err := tlog.CheckTree(proof, l.tree.N, l.tree.Hash, size, old); err != nil {
			t.Fatalf("CheckTree(%d): %v", size, err)
		}
	}
}
