#include "proto/attest/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

#include "proto/attest/dsse.h"
#include "proto/attest/forms.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"

namespace trustlog::attest {
namespace {

using bytes::Reason;

constexpr std::string_view kMagic = "TLE1";
constexpr std::uint8_t kDsseEnvelope = 1;

absl::Status TooLarge(std::string_view field, std::size_t actual, std::size_t limit) {
  return bytes::Refuse(Reason::kTooLarge, fmt::format("entry: {} has {}, at most {} are allowed", field, actual, limit),
                       {{"limit", fmt::to_string(limit)}, {"actual", fmt::to_string(actual)}, {"field", std::string(field)}});
}

// The limits of 3.1 that honest statements can pass.
absl::Status CheckLimits(const Entry& entry) {
  const std::tuple<std::string_view, std::size_t, std::size_t> limits[] = {
      {"issuer", entry.issuer.size(), 200},
      {"subjects", entry.subjects.size(), 8},
      {"principles", entry.principles.size(), 63},
      {"code", entry.code.size(), 40},
      {"refs", entry.refs.size(), 64},
      {"artifacts", entry.artifacts.size(), 64},
      {"signatures", entry.signatures.size(), kMaxSignatures},
  };
  for (const auto& [field, actual, limit] : limits) {
    if (actual > limit) return TooLarge(field, actual, limit);
  }
  for (const auto& signature : entry.signatures) {
    if (signature.signature.size() > kMaxSignatureBytes)
      return TooLarge("signature", signature.signature.size(), kMaxSignatureBytes);
  }
  return absl::OkStatus();
}

bool IsUrn(std::string_view text) { return RoleOfUrn(text, UrnPrefixOf(text)).has_value(); }
bool IsTimeOrNone(std::int64_t time) { return time == 0 || (time >= kMinTime && time <= kMaxTime); }

template <typename List, typename Key = std::identity>
bool IsStrictlyAscending(const List& list, Key key = {}) {
  return std::adjacent_find(list.begin(), list.end(), [key](const auto& a, const auto& b) {
           return !(std::invoke(key, a) < std::invoke(key, b));
         }) == list.end();
}

// The remaining rules of 3.1, in its order: the field that breaks one.
std::optional<std::string_view> BadField(const Entry& entry) {
  if (!KindFromNumber(static_cast<std::uint16_t>(entry.kind))) return "kind";
  if (!IsUrn(entry.issuer)) return "issuer";
  if (!std::all_of(entry.subjects.begin(), entry.subjects.end(), IsUrn) || !IsStrictlyAscending(entry.subjects)) return "subjects";
  const auto is_principle = [](std::uint8_t no) { return no >= 1 && no <= 63; };
  if (!std::all_of(entry.principles.begin(), entry.principles.end(), is_principle) || !IsStrictlyAscending(entry.principles)) {
    return "principles";
  }
  if (!entry.code.empty() && !IsCode(entry.code)) return "code";
  const auto has_rel = [](const Ref& ref) { return ref.rel >= Rel::kRenews && ref.rel <= Rel::kInput; };
  if (!std::all_of(entry.refs.begin(), entry.refs.end(), has_rel) || !IsStrictlyAscending(entry.refs)) return "refs";
  if (!IsStrictlyAscending(entry.artifacts)) return "artifacts";
  if (!IsTimeOrNone(entry.valid_from)) return "valid_from";
  if (!IsTimeOrNone(entry.valid_until)) return "valid_until";
  const auto is_empty = [](const EntrySignature& signature) { return signature.signature.empty(); };
  if (entry.signatures.empty() || std::any_of(entry.signatures.begin(), entry.signatures.end(), is_empty) ||
      !IsStrictlyAscending(entry.signatures, &EntrySignature::key_id)) {
    return "signatures";
  }
  return std::nullopt;
}

template <typename List, typename Write>
void WriteList(const List& list, bytes::ByteWriter& out, Write write) {
  out.U8(static_cast<std::uint8_t>(list.size()));
  for (const auto& element : list) write(element);
}

// Of Write.
std::size_t SizeOf(const Entry& entry) {
  // magic, logged_at_ms, kind, envelope; the lengths of issuer and code and of five lists; validity, statement id
  std::size_t size = kMagic.size() + 8 + 2 + 1 + 2 + 5 + 2 * 8 + 32;
  size += entry.issuer.size() + entry.code.size() + entry.principles.size();
  for (const auto& urn : entry.subjects) size += 1 + urn.size();
  size += entry.refs.size() * (1 + 32) + entry.artifacts.size() * 32;
  for (const auto& signature : entry.signatures) size += 32 + 2 + signature.signature.size();
  return size;
}

std::string Write(const Entry& entry) {
  bytes::ByteWriter out(SizeOf(entry));
  out.Raw(kMagic).U64(entry.logged_at_ms).U16(static_cast<std::uint16_t>(entry.kind)).U8(kDsseEnvelope).Lp8(entry.issuer);
  WriteList(entry.subjects, out, [&out](const std::string& urn) { out.Lp8(urn); });
  WriteList(entry.principles, out, [&out](std::uint8_t no) { out.U8(no); });
  out.Lp8(entry.code);
  WriteList(entry.refs, out, [&out](const Ref& ref) { out.U8(static_cast<std::uint8_t>(ref.rel)).Hash32(ref.id); });
  WriteList(entry.artifacts, out, [&out](const merkle::Hash& hash) { out.Hash32(hash); });
  out.I64(entry.valid_from).I64(entry.valid_until).Hash32(entry.statement_id);
  WriteList(entry.signatures, out,
            [&out](const EntrySignature& signature) { out.Hash32(signature.key_id).Lp16(signature.signature); });
  return out.Take();
}

template <typename Element, typename Read>
std::vector<Element> ReadList(bytes::ByteReader& in, Read read) {
  std::vector<Element> list;
  std::size_t left = in.U8();
  list.reserve(left);
  for (; left > 0 && in.ok(); --left) list.push_back(read());
  return list;
}

// Fields 5 to 14.
void ReadFields(bytes::ByteReader& in, Entry& entry) {
  entry.issuer = in.Lp8();
  entry.subjects = ReadList<std::string>(in, [&in] { return std::string(in.Lp8()); });
  entry.principles = ReadList<std::uint8_t>(in, [&in] { return in.U8(); });
  entry.code = in.Lp8();
  entry.refs = ReadList<Ref>(in, [&in] {
    const auto rel = static_cast<Rel>(in.U8());
    return Ref{rel, in.Hash32()};
  });
  entry.artifacts = ReadList<merkle::Hash>(in, [&in] { return in.Hash32(); });
  entry.valid_from = in.I64();
  entry.valid_until = in.I64();
  entry.statement_id = in.Hash32();
  entry.signatures = ReadList<EntrySignature>(in, [&in] {
    const auto key_id = in.Hash32();
    return EntrySignature{key_id, std::string(in.Lp16())};
  });
}

absl::Status Invalid(std::string_view field, std::string_view what) {
  return bytes::Refuse(Reason::kArgumentInvalid, fmt::format("not a TLE1 entry: {}: {}", field, what),
                       {{"field", std::string(field)}});
}

}  // namespace

absl::Status CheckEncodable(const Entry& entry) {
  if (auto status = CheckLimits(entry); !status.ok()) return status;
  if (const auto field = BadField(entry)) {
    return bytes::Refuse(Reason::kInternal, fmt::format("entry: {} breaks a rule of TLE1", *field),
                         {{"field", std::string(*field)}});
  }
  const std::size_t size = SizeOf(entry);
  return size > kMaxEntryBytes ? TooLarge("entry", size, kMaxEntryBytes) : absl::OkStatus();
}

absl::StatusOr<std::string> EncodeEntry(const Entry& entry) {
  if (auto status = CheckEncodable(entry); !status.ok()) return status;
  return Write(entry);
}

absl::StatusOr<Entry> DecodeEntry(std::string_view bytes) {
  if (bytes.size() > kMaxEntryBytes)
    return Invalid("entry", fmt::format("{} bytes, at most {} are allowed", bytes.size(), kMaxEntryBytes));
  bytes::ByteReader in(bytes);
  if (in.Raw(kMagic.size()) != kMagic) return Invalid("magic", "not TLE1");
  Entry entry;
  entry.logged_at_ms = in.U64();
  const std::uint16_t number = in.U16();
  const std::uint8_t envelope = in.U8();
  ReadFields(in, entry);
  if (!in.ok()) return Invalid("entry", "cut short");
  if (!in.AtEnd()) return Invalid("entry", fmt::format("{} bytes after the last field", in.rest().size()));
  const auto kind = KindFromNumber(number);
  if (!kind) return bytes::Refuse(Reason::kKindUnknown, fmt::format("entry of kind {}, which this version does not list", number));
  entry.kind = *kind;
  if (envelope != kDsseEnvelope) return Invalid("envelope", "not 1");
  if (auto status = CheckLimits(entry); !status.ok())
    return Invalid(bytes::MetadataValue(status, "field"), std::string(status.message()));
  if (const auto field = BadField(entry)) return Invalid(*field, "out of order or not a value it may have");
  if (Write(entry) != bytes) return Invalid("entry", "not the encoding of what it says");
  return entry;
}

}  // namespace trustlog::attest
