#include "proto/bytes/standard_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace trustlog::bytes {

void HoldStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is fd itself, since those before it are open now.
    const int held = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    static_cast<void>(held);
  }
}

std::optional<std::string> LostOutput() {
  errno = 0;
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
  const int error = errno;
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  if (flushed || (::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0)) return std::nullopt;
  return error == 0 ? "it did not take everything" : std::strerror(error);
}

}  // namespace trustlog::bytes
