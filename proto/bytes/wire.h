// Big-endian integers and length-prefixed strings: the primitives of every binary format of ours. lp8(x) = u8 length | x,
// lp16(x) = u16 length | x.
//
// ByteReader never reads past its end: after the first failure ok() is false and every later read gives 0 or an empty view.
// Both are single-threaded values; ByteReader borrows the bytes it was made from, and so do the views it returns.
#pragma once

#include <cstdint>
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

  std::uint8_t U8();
  std::uint16_t U16();
  std::uint32_t U32();
  std::uint64_t U64();
  std::int64_t I64();
  merkle::Hash Hash32();
  std::string_view Raw(std::size_t size);
  std::string_view Lp8();
  std::string_view Lp16();

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

class ByteWriter final {
 public:
  ByteWriter& U8(std::uint8_t value);
  ByteWriter& U16(std::uint16_t value);
  ByteWriter& U32(std::uint32_t value);
  ByteWriter& U64(std::uint64_t value);
  ByteWriter& I64(std::int64_t value);
  ByteWriter& Hash32(const merkle::Hash& hash);
  ByteWriter& Raw(std::string_view data);
  ByteWriter& Lp8(std::string_view data);   // REQUIRES: data.size() <= 255
  ByteWriter& Lp16(std::string_view data);  // REQUIRES: data.size() <= 65,535

  const std::string& data() const { return data_; }
  std::string Take() { return std::move(data_); }

 private:
  std::string data_;
};

}  // namespace trustlog::bytes
