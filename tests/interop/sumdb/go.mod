module trustlog.test/sumdb

go 1.17

require golang.org/x/mod v0.0.0

// Debian's golang-golang-x-mod-dev; nothing is downloaded
replace golang.org/x/mod => /usr/share/gocode/src/golang.org/x/mod
