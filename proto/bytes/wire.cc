#include "proto/bytes/wire.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace trustlog::bytes {
namespace {

template <typename Unsigned>
Unsigned FromBigEndian(std::string_view data) {
  Unsigned value = 0;
  for (const char byte : data) value = static_cast<Unsigned>(std::uint64_t{value} << 8 | static_cast<std::uint8_t>(byte));
  return value;
}

template <typename Unsigned>
void AppendBigEndian(Unsigned value, std::string& out) {
  for (int shift = std::numeric_limits<Unsigned>::digits - 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

}  // namespace

std::string_view ByteReader::Raw(std::size_t size) {
  if (size > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const auto data = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return ok_ ? data : std::string_view{};
}

std::uint8_t ByteReader::U8() { return FromBigEndian<std::uint8_t>(Raw(1)); }
std::uint16_t ByteReader::U16() { return FromBigEndian<std::uint16_t>(Raw(2)); }
std::uint32_t ByteReader::U32() { return FromBigEndian<std::uint32_t>(Raw(4)); }
std::uint64_t ByteReader::U64() { return FromBigEndian<std::uint64_t>(Raw(8)); }
std::int64_t ByteReader::I64() { return static_cast<std::int64_t>(U64()); }

merkle::Hash ByteReader::Hash32() {
  merkle::Hash hash{};
  const auto data = Raw(hash.size());
  std::copy(data.begin(), data.end(), hash.begin());
  return hash;
}

std::string_view ByteReader::Lp8() { return Raw(U8()); }
std::string_view ByteReader::Lp16() { return Raw(U16()); }

ByteWriter& ByteWriter::U8(std::uint8_t value) {
  AppendBigEndian(value, data_);
  return *this;
}

ByteWriter& ByteWriter::U16(std::uint16_t value) {
  AppendBigEndian(value, data_);
  return *this;
}

ByteWriter& ByteWriter::U32(std::uint32_t value) {
  AppendBigEndian(value, data_);
  return *this;
}

ByteWriter& ByteWriter::U64(std::uint64_t value) {
  AppendBigEndian(value, data_);
  return *this;
}

ByteWriter& ByteWriter::I64(std::int64_t value) { return U64(static_cast<std::uint64_t>(value)); }

ByteWriter& ByteWriter::Hash32(const merkle::Hash& hash) { return Raw(AsText(hash)); }

ByteWriter& ByteWriter::Raw(std::string_view data) {
  data_ += data;
  return *this;
}

ByteWriter& ByteWriter::Lp8(std::string_view data) {
  assert(data.size() <= std::numeric_limits<std::uint8_t>::max());
  return U8(static_cast<std::uint8_t>(data.size())).Raw(data);
}

ByteWriter& ByteWriter::Lp16(std::string_view data) {
  assert(data.size() <= std::numeric_limits<std::uint16_t>::max());
  return U16(static_cast<std::uint16_t>(data.size())).Raw(data);
}

}  // namespace trustlog::bytes
