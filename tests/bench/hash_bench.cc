// Hashes a second by every kernel that this CPU runs, beside OpenSSL used plainly: nodes, leaves of several lengths, and all nodes
// of a tree. Names are <work>/<who>; "naive" makes an EVP context and fetches SHA-256 for each hash, "portable" is the low-level
// SHA256_ calls. tests/bench/kernels.py runs this and prints ratios.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "merkle/sha256_batch.h"

namespace trustlog::merkle {
namespace {

constexpr std::size_t kBatch = 1024;
constexpr std::size_t kTreeLeaves = std::size_t{1} << 20;

void NaiveHash(std::uint8_t prefix, ByteView data, Hash& out) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  EVP_DigestUpdate(context, &prefix, 1);
  EVP_DigestUpdate(context, data.data(), data.size());
  EVP_DigestFinal_ex(context, out.data(), nullptr);
  EVP_MD_CTX_free(context);
}

const Sha256Kernel kNaive = {"naive",
                             [](std::span<const ByteView> entries, std::span<Hash> out) {
                               for (std::size_t i = 0; i < entries.size(); ++i) NaiveHash(0x00, entries[i], out[i]);
                             },
                             [](std::span<const Hash> children, std::span<Hash> parents) {
                               for (std::size_t i = 0; i < parents.size(); ++i)
                                 NaiveHash(0x01, {children[2 * i].data(), 2 * sizeof(Hash)}, parents[i]);
                             }};

std::vector<Hash> RandomHashes(std::size_t count) {
  std::mt19937_64 random(1);
  std::vector<Hash> hashes(count);
  for (auto& hash : hashes) std::ranges::generate(hash, [&] { return static_cast<std::uint8_t>(random()); });
  return hashes;
}

void CountItems(benchmark::State& state, std::size_t count) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

void Nodes(benchmark::State& state, const Sha256Kernel& kernel) {
  const auto children = RandomHashes(2 * kBatch);
  std::vector<Hash> parents(kBatch);
  for (auto _ : state) {
    kernel.hash_nodes(children, parents);
    benchmark::DoNotOptimize(parents.data());
  }
  CountItems(state, kBatch);
}

// One after the other in memory, of lengths in [shortest, longest].
void Leaves(benchmark::State& state, const Sha256Kernel& kernel, std::size_t shortest, std::size_t longest) {
  std::mt19937_64 random(2);
  std::vector<std::uint8_t> pool(kBatch * longest);
  std::ranges::generate(pool, [&] { return static_cast<std::uint8_t>(random()); });
  std::vector<ByteView> entries;
  for (std::size_t i = 0, at = 0; i < kBatch; ++i) {
    entries.emplace_back(pool.data() + at, std::uniform_int_distribution(shortest, longest)(random));
    at += entries.back().size();
  }
  std::vector<Hash> out(kBatch);
  for (auto _ : state) {
    kernel.hash_leaves(entries, out);
    benchmark::DoNotOptimize(out.data());
  }
  CountItems(state, kBatch);
}

// All nodes above a power of two of leaves: levels[0] are the leaves. Threads take subtrees that fit the cache, one after the other;
// what joins those is left to one thread.
void BuildTree(std::vector<std::vector<Hash>>& levels, const Sha256Kernel& kernel, std::size_t threads) {
  constexpr std::size_t kSubtrees = 128;
  std::atomic<std::size_t> taken = 0;
  const auto build = [&] {
    for (std::size_t part = taken++; part < kSubtrees; part = taken++) {
      for (std::size_t level = 1; levels[level].size() >= kSubtrees; ++level) {
        const std::size_t share = levels[level].size() / kSubtrees;
        kernel.hash_nodes(std::span(levels[level - 1]).subspan(2 * part * share, 2 * share),
                          std::span(levels[level]).subspan(part * share, share));
      }
    }
  };
  std::vector<std::thread> others(threads - 1);
  for (auto& other : others) other = std::thread(build);
  build();
  for (auto& other : others) other.join();
  for (std::size_t level = 1; level < levels.size(); ++level) {
    if (levels[level].size() < kSubtrees) kernel.hash_nodes(levels[level - 1], levels[level]);
  }
}

void Tree(benchmark::State& state, const Sha256Kernel& kernel, std::size_t threads) {
  std::vector<std::vector<Hash>> levels = {RandomHashes(kTreeLeaves)};
  while (levels.back().size() > 1) levels.emplace_back(levels.back().size() / 2);
  for (auto _ : state) {
    BuildTree(levels, kernel, threads);
    benchmark::DoNotOptimize(levels.back().data());
  }
  CountItems(state, kTreeLeaves - 1);
}

void Register(const Sha256Kernel& kernel) {
  const auto add = [&](const std::string& work, const std::function<void(benchmark::State&, const Sha256Kernel&)>& run) {
    const auto name = work + "/" + std::string(kernel.name);
    return benchmark::RegisterBenchmark(name.c_str(), [run, kernel](benchmark::State& state) { run(state, kernel); });
  };
  add("nodes", Nodes);
  for (const std::size_t length : {64, 300, 1024}) {
    add("leaves" + std::to_string(length), [length](auto& state, const auto& k) { Leaves(state, k, length, length); });
  }
  add("leaves_mixed", [](auto& state, const auto& k) { Leaves(state, k, 100, 1000); });
  for (const std::size_t threads : {1, 2}) {
    add("tree" + std::to_string(threads), [threads](auto& state, const auto& k) { Tree(state, k, threads); })
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace
}  // namespace trustlog::merkle

int main(int argc, char** argv) {
  trustlog::merkle::Register(trustlog::merkle::kNaive);
  for (const auto& kernel : trustlog::merkle::UsableKernels()) trustlog::merkle::Register(kernel);
  benchmark::AddCustomContext("preferred_kernel", std::string(trustlog::merkle::ChooseKernel("").name));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
