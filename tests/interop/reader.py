"""Reads a log over HTTP: keep-alive connections, several threads, retries of what may be repeated.

Part of the independent checker (see verify_log.py). Knows paths and status codes, nothing of their meaning.
"""

import gzip
import http.client
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

TRIES = 5
MAX_BODY = 64 * 1024 * 1024


class Unreachable(OSError):
    pass


class LogReader:
    """GETs below one base URL. Safe to use from several threads: each has its own connection. A context manager."""

    def __init__(self, url: str, jobs: int = 8, timeout: float = 30):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not an http or https URL: {url}")
        self.host, self.port, self.timeout = parts.hostname, parts.port, timeout
        self.connection_type = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.base = parts.path.rstrip("/") + "/"
        self.local = threading.local()
        self.connections: list[http.client.HTTPConnection] = []
        self.pool = ThreadPoolExecutor(max_workers=jobs)

    def __enter__(self) -> "LogReader":
        return self

    def __exit__(self, *_) -> None:
        self.pool.shutdown()
        for connection in self.connections:
            connection.close()

    def get(self, path: str, encoding: str = "identity") -> tuple[int, bytes]:
        """(status, body). 429 and 5xx are asked again, then returned as they are; no answer at all is Unreachable."""
        for attempt in range(TRIES):
            last = attempt == TRIES - 1
            try:
                status, body, wait = self.get_once(path, encoding)
                if last or not (status == 429 or status >= 500):
                    return status, body
            except (OSError, http.client.HTTPException) as error:
                if connection := getattr(self.local, "connection", None):
                    connection.close()  # the next request opens it anew
                if last:
                    raise Unreachable(f"{self.host}: GET {self.base}{path}: {error or type(error).__name__}") from None
                wait = 0.0
            time.sleep(min(10.0, wait or 0.1 * 2**attempt) if attempt or wait else 0)
        raise AssertionError("the last try returns or raises")

    def get_once(self, path: str, encoding: str) -> tuple[int, bytes, float]:
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = self.connection_type(self.host, self.port, timeout=self.timeout)
            self.connections.append(connection)
        connection.request("GET", self.base + path, headers={"Accept-Encoding": encoding, "User-Agent": "trustlog-verify-log/1"})
        response = connection.getresponse()
        body = response.read(MAX_BODY)
        if response.getheader("Content-Encoding") == "gzip":
            try:
                body = gzip.decompress(body)
            except (OSError, EOFError, zlib.error) as error:
                raise http.client.HTTPException(f"gzip body: {error}") from None
        retry_after = response.getheader("Retry-After", "")
        return response.status, body, float(retry_after) if retry_after.isdigit() else 0.0

    def get_all(self, paths: list[str], encoding: str = "identity") -> list[tuple[int, bytes]]:
        """get() of each path, in parallel, answers in the order of the paths."""
        return list(self.pool.map(lambda path: self.get(path, encoding), paths))
