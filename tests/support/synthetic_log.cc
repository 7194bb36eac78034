#include "tests/support/synthetic_log.h"

#include <filesystem>
#include <fstream>
#include <span>

#include "fmt/format.h"
#include "merkle/compact_range.h"
#include "merkle/proof.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/bundle.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/cosignature.h"
#include "proto/tlog/tile_path.h"
#include "proto/tlog/tlog_proof.h"

namespace trustlog::testing {
namespace {

constexpr std::uint8_t kFirstWitnessSeed = 0x60;

std::string WitnessName(int i) { return fmt::format("w{}.example", i + 1); }
keys::PrivateKey WitnessKey(int i) { return TestKey(static_cast<std::uint8_t>(kFirstWitnessSeed + i)); }

std::vector<merkle::Hash> Assemble(const merkle::ProofPlan& plan, const std::vector<merkle::TileData>& all) {
  std::vector<merkle::TileData> tiles;
  for (const merkle::TileId& id : plan.tiles()) {
    for (const merkle::TileData& tile : all) {
      if (tile.id == id) tiles.push_back(tile);
    }
  }
  return plan.Assemble(tiles).value();
}

std::string Bundle(const std::vector<std::string>& items, std::uint64_t begin, std::uint64_t end) {
  const std::vector<std::string_view> views(items.begin() + static_cast<std::ptrdiff_t>(begin),
                                            items.begin() + static_cast<std::ptrdiff_t>(end));
  return tlog::FormatBundle(views);
}

}  // namespace

keys::PrivateKey TestKey(std::uint8_t seed) {
  std::string der("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16);  // PKCS#8 of Ed25519, up to the seed
  der.append(32, static_cast<char>(seed));
  return keys::PrivateKey::FromPkcs8(der).value();
}

void WriteFiles(const Files& files, const std::string& directory) {
  for (const auto& [path, body] : files) {
    const std::filesystem::path file = std::filesystem::path(directory) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary).write(body.data(), static_cast<std::streamsize>(body.size()));
  }
}

SyntheticLog::SyntheticLog(std::string origin, std::uint8_t key_seed) : origin_(std::move(origin)), key_seed_(key_seed) {}

void SyntheticLog::Append(std::string entry, std::string statement) {
  leaves_.push_back(merkle::HashLeaf(bytes::AsBytes(entry)));
  entries_.push_back(std::move(entry));
  statements_.push_back(std::move(statement));
}

void SyntheticLog::AppendOpaque(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) Append(fmt::format("entry {}", size()), fmt::format("statement {}", size()));
}

merkle::TreeHead SyntheticLog::Head(std::uint64_t size) const {
  merkle::CompactRange range;
  range.Append(std::span(leaves_).first(size));
  return range.Head();
}

std::string SyntheticLog::Vkey() const {
  return tlog::VerifierKey::Make(origin_, tlog::kTypeEd25519, TestKey(key_seed_).public_key())->ToString();
}

std::string SyntheticLog::PolicyText() const {
  std::string text = fmt::format("log {}\n", Vkey());
  std::string names;
  for (int i = 0; i < kWitnesses; ++i) {
    const auto key = tlog::VerifierKey::Make(WitnessName(i), tlog::kTypeCosignatureV1, WitnessKey(i).public_key());
    text += fmt::format("witness w{} {} https://w{}.example/\n", i + 1, key->ToString(), i + 1);
    names += fmt::format(" w{}", i + 1);
  }
  return text + fmt::format("group two 2{}\nquorum two\n", names);
}

tlog::Policy SyntheticLog::Policy() const { return tlog::Policy::Parse(PolicyText()).value(); }

std::string SyntheticLog::Checkpoint(std::uint64_t size, std::int64_t time, int witnesses) const {
  return SignHead(Head(size), time, witnesses);
}

std::string SyntheticLog::SignHead(const merkle::TreeHead& head, std::int64_t time, int witnesses) const {
  tlog::Note note{.text = tlog::FormatCheckpoint({origin_, head}), .signatures = {}};
  note.signatures.push_back(tlog::SignNote(note.text, origin_, TestKey(key_seed_)).value());
  for (int i = 0; i < witnesses; ++i)
    note.signatures.push_back(tlog::Cosign(note.text, WitnessName(i), WitnessKey(i), time).value());
  return tlog::FormatNote(note);
}

std::vector<merkle::TileData> SyntheticLog::Tiles(std::uint64_t size) const {
  std::vector<merkle::TileData> tiles;
  std::vector<merkle::Hash> row(leaves_.begin(), leaves_.begin() + static_cast<std::ptrdiff_t>(size));
  for (std::uint8_t level = 0; !row.empty(); ++level) {
    for (std::uint64_t i = 0; i * merkle::kTileWidth < row.size(); ++i) {
      const auto begin = row.begin() + static_cast<std::ptrdiff_t>(i * merkle::kTileWidth);
      const auto width = std::min<std::ptrdiff_t>(merkle::kTileWidth, row.end() - begin);
      tiles.push_back({{level, i, static_cast<std::uint16_t>(width)}, {begin, begin + width}});
    }
    for (unsigned i = 0; i < merkle::kTileHeight; ++i) {
      std::vector<merkle::Hash> above(row.size() / 2);
      merkle::HashNodes(std::span(row).first(above.size() * 2), above);
      row = std::move(above);
    }
  }
  return tiles;
}

std::vector<merkle::Hash> SyntheticLog::Inclusion(std::uint64_t index, std::uint64_t size) const {
  return Assemble(merkle::PlanInclusion(index, size).value(), Tiles(size));
}

std::vector<merkle::Hash> SyntheticLog::Consistency(std::uint64_t old_size, std::uint64_t new_size) const {
  return Assemble(merkle::PlanConsistency(old_size, new_size).value(), Tiles(new_size));
}

std::string SyntheticLog::TlogProof(std::uint64_t index, std::uint64_t size) const {
  return tlog::FormatTlogProof(index, Inclusion(index, size), Checkpoint(size));
}

Files SyntheticLog::Publish(std::uint64_t size) const {
  Files files;
  files["checkpoint"] = Checkpoint(size);
  for (const merkle::TileData& tile : Tiles(size)) files[tlog::TilePath(tile.id)] = tlog::FormatTile(tile.hashes);
  for (std::uint64_t i = 0; i * merkle::kTileWidth < size; ++i) {
    const std::uint64_t begin = i * merkle::kTileWidth, end = std::min<std::uint64_t>(size, begin + merkle::kTileWidth);
    const auto width = static_cast<std::uint16_t>(end - begin);
    files[tlog::BundlePath({tlog::BundleKind::kEntries, i, width})] = Bundle(entries_, begin, end);
    files[tlog::BundlePath({tlog::BundleKind::kStatements, i, width})] = Bundle(statements_, begin, end);
  }
  return files;
}

}  // namespace trustlog::testing
