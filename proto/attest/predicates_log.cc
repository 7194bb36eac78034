// Kinds 32-35: records.md 5.4.
#include "proto/attest/predicate_readers.h"

namespace trustlog::attest {

Predicate ReadErasureNotice(const Members& in) {
  ErasureNotice out;
  out.target = in.Required("target", HashForm{});
  out.index = in.Required("index", IntForm<std::uint64_t>{});
  out.legal_basis = in.Required("legalBasis", CodeForm{});
  out.decided_at = in.Required("decidedAt", TimeForm{});
  return out;
}

Predicate ReadIndexHead(const Members& in) {
  IndexHead out;
  out.covers_size = in.Required("coversSize", IntForm<std::uint64_t>{1});
  out.map_root = in.Required("mapRoot", HashForm{});
  in.Required("indexFunction", OneOfForm{{"trustlog-index/1"}});
  return out;
}

Predicate ReadIndexEndorsement(const Members& in) {
  IndexEndorsement out;
  out.target = in.Required("target", HashForm{});
  out.result = in.Required("result", OneOfForm{{"equal", "different"}});
  out.map_root = in.Required("mapRoot", HashForm{});
  return out;
}

Predicate ReadLogEvent(const Members& in) {
  LogEvent out;
  out.event = in.Required("event", OneOfForm{{"freeze", "key-change", "note"}});
  out.valid_from = in.Required("validFrom", TimeForm{});
  out.vkeys = in.List("vkeys", StrForm{4'000}, {0, 8}, out.event == "key-change" ? Need::kRequired : Need::kOptional);
  if (const auto successor = in.Object("successor", Need::kOptional)) {
    out.successor_origin = successor->Required("origin", StrForm{255});
    out.successor_vkey = successor->Required("vkey", StrForm{4'000});
  }
  return out;
}

}  // namespace trustlog::attest
