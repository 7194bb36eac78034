// The three base64 decoders (records.md 2.1): what is accepted encodes back to the same text, and the lenient one takes just what
// one of the strict ones would, with or without its padding.
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::fuzz {

TRUSTLOG_FUZZ_TARGET(Base64) {
  const auto padded = bytes::DecodeBase64(input);
  if (padded) Expect(bytes::EncodeBase64(*padded) == input, "standard base64 encodes back to itself");
  const auto bare = bytes::DecodeBase64Url(input);
  if (bare) Expect(bytes::EncodeBase64Url(bytes::AsBytes(*bare)) == input, "URL-safe base64 encodes back to itself");

  const auto any = bytes::DecodeBase64Any(input);
  if (padded) Expect(any == padded, "the lenient decoder takes standard base64");
  if (bare) Expect(any == bare, "the lenient decoder takes URL-safe base64");
  if (any) {
    std::string standard(input.substr(0, input.find('=')));
    for (char& digit : standard) digit = digit == '-' ? '+' : digit == '_' ? '/' : digit;
    standard.append((4 - standard.size() % 4) % 4, '=');
    Expect(bytes::EncodeBase64(*any) == standard, "the lenient decoder takes alphabet and padding as the only liberties");
  }
  const auto hex = bytes::DecodeHex(input);
  if (hex) Expect(bytes::EncodeHex(bytes::AsBytes(*hex)) == input, "hex encodes back to itself");
}

}  // namespace trustlog::fuzz
