#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/baseline.hpp"
#include "model/pack_facts.hpp"
#include "pack/tar_reader.hpp"

namespace envlock {

/// What a pack begins with: all that says what the rest must be.
struct PackHead {
  std::string manifest_text, signature, facts_text, lock_text;  ///< `signature` may be empty.
  Baseline manifest;
  PackFacts facts;
};

/// What a head was read from: a damaged pack is carried over again, an environment replaced.
enum class HeadOf : std::uint8_t { pack, environment };

/// Reads the texts and holds them against each other: the manifest vouches for facts and lock.
/// @param shown  names the pack in messages; of an environment its folder
/// @throws TrustError (6) for anything that does not fit: a pack is written by a program
PackHead read_pack_head(std::string manifest, std::string signature, std::string facts,
                        std::string lock, const std::string& shown, HeadOf of = HeadOf::pack);

/// What who unpacks a pack should know of how it was made, a line each: that its files were held
/// against nothing but their own records, and what somebody accepted of an installed environment
/// (the first twenty, and how many more). Empty for a pack of a lock.
std::vector<std::string> told_origin(const PackFacts& facts);

/// Where the rest goes once the head is known. It must outlive the reader.
using HeadTaker = std::function<TarVisitor&(PackHead)>;

/// Takes the first members of a pack, and hands those after them on.
class PackHeadVisitor final : public TarVisitor {
 public:
  /// @param taker  called once, before anything is handed on
  PackHeadVisitor(std::string shown, HeadTaker taker);

  void member(TarMember member) override;
  void data(std::span<const std::byte> bytes) override;
  void member_end() override;
  /// The head must be whole by now. Does nothing where it was taken already.
  void finish_head();

 private:
  std::string* text_of(std::string_view path);

  std::string shown_;
  HeadTaker taker_;
  std::string manifest_, signature_, facts_, lock_;
  std::string* current_ = nullptr;
  TarVisitor* rest_ = nullptr;
};

}  // namespace envlock
