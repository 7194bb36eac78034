// tests/vectors/tle1-vectors.json as these tests read it.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "proto/attest/dsse.h"
#include "proto/attest/statement.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"

namespace trustlog::attest {

inline std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

inline std::string Text(const boost::json::value& value) { return std::string(value.as_string()); }

inline const boost::json::object& Vectors() {
  static const boost::json::value vectors = boost::json::parse(ReadFile(TRUSTLOG_SOURCE_DIR "/tests/vectors/tle1-vectors.json"));
  return vectors.as_object();
}

inline LogContext VectorContext(std::uint64_t size) {
  if (size == 0) return {Text(Vectors().at("origin")), "", ""};
  return {Text(Vectors().at("origin")), Text(Vectors().at("typeBase")), Text(Vectors().at("urnPrefix"))};
}

// An envelope's members as they are sent decoded; sig and payload must be base64.
inline Envelope FieldsOf(const boost::json::value& envelope) {
  Envelope fields{Text(envelope.at("payloadType")), bytes::DecodeBase64Any(Text(envelope.at("payload"))).value(), {}};
  for (const auto& signature : envelope.at("signatures").as_array()) {
    const auto* const keyid = signature.as_object().if_contains("keyid");
    fields.signatures.push_back({keyid == nullptr ? "" : Text(*keyid), bytes::DecodeBase64Any(Text(signature.at("sig"))).value()});
  }
  return fields;
}

// "OK", or the reason word of a refusal.
inline std::string ReasonWord(const absl::Status& status) {
  if (status.ok()) return "OK";
  const auto reason = bytes::ReasonOf(status);
  return reason ? std::string(bytes::Describe(*reason).word) : "no reason: " + status.ToString();
}

}  // namespace trustlog::attest
