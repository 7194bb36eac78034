// Big-endian integers and length-prefixed strings: the primitives of every binary format of ours. lp8(x) = u8 length | x,
// lp16(x) = u16 length | x.
//
// ByteReader never reads past its end: after the first failure ok() is false and every later read gives 0 or an empty view.
// Both are single-threaded values; ByteReader borrows the bytes it was made from, and so do the views it returns.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "merkle/hash.h"

namespace trustlog::bytes {

inline merkle::ByteView AsBytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
inline std::string_view AsText(merkle::ByteView data) { return {reinterpret_cast<const char*>(data.data()), data.size()}; }

class ByteReader final {
 public:
  explicit ByteReader(std::string_view data) : rest_(data) {}

  std::uint8_t U8() { return BigEndian<std::uint8_t>(); }
  std::uint16_t U16() { return BigEndian<std::uint16_t>(); }
  std::uint32_t U32() { return BigEndian<std::uint32_t>(); }
  std::uint64_t U64() { return BigEndian<std::uint64_t>(); }
  std::int64_t I64() { return static_cast<std::int64_t>(U64()); }
  merkle::Hash Hash32() {
    merkle::Hash hash{};
    const auto data = Raw(hash.size());
    std::copy(data.begin(), data.end(), hash.begin());
    return hash;
  }
  std::string_view Raw(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto data = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return ok_ ? data : std::string_view{};
  }
  std::string_view Lp8() { return Raw(U8()); }
  std::string_view Lp16() { return Raw(U16()); }

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  template <typename Unsigned>
  Unsigned BigEndian() {
    Unsigned value = 0;
    for (const char byte : Raw(sizeof(Unsigned)))
      value = static_cast<Unsigned>(std::uint64_t{value} << 8 | static_cast<std::uint8_t>(byte));
    return value;
  }

  std::string_view rest_;
  bool ok_ = true;
};

class ByteWriter final {
 public:
  ByteWriter() = default;
  explicit ByteWriter(std::size_t expected) { data_.reserve(expected); }  // bytes, if that is known

  ByteWriter& U8(std::uint8_t value) { return BigEndian(value); }
  ByteWriter& U16(std::uint16_t value) { return BigEndian(value); }
  ByteWriter& U32(std::uint32_t value) { return BigEndian(value); }
  ByteWriter& U64(std::uint64_t value) { return BigEndian(value); }
  ByteWriter& I64(std::int64_t value) { return U64(static_cast<std::uint64_t>(value)); }
  ByteWriter& Hash32(const merkle::Hash& hash) { return Raw(AsText(hash)); }
  ByteWriter& Raw(std::string_view data) {
    data_.append(data);
    return *this;
  }
  ByteWriter& Lp8(std::string_view data) {  // REQUIRES: data.size() <= 255
    assert(data.size() <= std::numeric_limits<std::uint8_t>::max());
    return U8(static_cast<std::uint8_t>(data.size())).Raw(data);
  }
  ByteWriter& Lp16(std::string_view data) {  // REQUIRES: data.size() <= 65,535
    assert(data.size() <= std::numeric_limits<std::uint16_t>::max());
    return U16(static_cast<std::uint16_t>(data.size())).Raw(data);
  }

  const std::string& data() const { return data_; }
  std::string Take() { return std::move(data_); }

 private:
  template <typename Unsigned>
  ByteWriter& BigEndian(Unsigned value) {
    std::array<char, sizeof(Unsigned)> bytes;
    for (std::size_t i = bytes.size(); i-- > 0; value = static_cast<Unsigned>(std::uint64_t{value} >> 8))
      bytes[i] = static_cast<char>(value & 0xff);
    data_.append(bytes.data(), bytes.size());
    return *this;
  }

  std::string data_;
};

}  // namespace trustlog::bytes
