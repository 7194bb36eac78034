// Envelopes of the tests as messages of trustlog.v1.
#pragma once

#include "proto/attest/dsse.h"
#include "trustlog/v1/log.pb.h"

namespace trustlog::support {

inline v1::Envelope ToMessage(const attest::Envelope& envelope) {
  v1::Envelope message;
  message.set_payload(envelope.payload);
  message.set_payload_type(envelope.payload_type);
  for (const auto& signature : envelope.signatures) {
    auto* out = message.add_signatures();
    out->set_sig(signature.sig);
    out->set_keyid(signature.keyid);
  }
  return message;
}

}  // namespace trustlog::support
