// Many hashes in few bytes.
//
// A std::unordered_set takes some 50 bytes for each; of the paths of a layer there may be millions. The table
// is cut into parts by the upper bits of the hash, and each grows by itself; a place is found by the lower
// ones, and by going on from there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ixian::layer {

// Slots with a `hash` of path_hash(), each hash once. Takes between 1.25 and 1.9 slots for each that is in
// it: it grows in parts, so that nothing is ever held twice. Nothing is taken out.
template <typename Slot>
class HashTable {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool contains(std::uint64_t hash) const { return find(hash) != nullptr; }

  // Until something is put in.
  const Slot* find(std::uint64_t hash) const {
    hash = real(hash);
    const Part& part = parts_[part_of(hash)];
    if (part.slots.empty()) return nullptr;
    const Slot& slot = part.slots[place_in(part, hash)];
    return slot.hash == hash ? &slot : nullptr;
  }

  // The slot of `hash`, new where there was none.
  Slot& put(std::uint64_t hash) {
    hash = real(hash);
    Part& part = parts_[part_of(hash)];
    if (part.used * 5 >= part.slots.size() * 4) grow(part);
    Slot& slot = part.slots[place_in(part, hash)];
    if (slot.hash == hash) return slot;
    slot.hash = hash;
    ++part.used;
    ++size_;
    return slot;
  }

 private:
  static constexpr unsigned kPartBits = 8;

  struct Part {
    std::vector<Slot> slots;  // without a hash: free
    std::size_t used = 0;
  };

  static std::uint64_t real(std::uint64_t hash) { return hash == 0 ? 1 : hash; }
  static std::size_t part_of(std::uint64_t hash) { return hash >> (64 - kPartBits); }

  // Where it is, or may be put.
  static std::size_t place_in(const Part& part, std::uint64_t hash) {
    const std::size_t count = part.slots.size();
    std::size_t place = static_cast<std::size_t>(hash & 0xffffffff) * count >> 32;
    while (part.slots[place].hash != 0 && part.slots[place].hash != hash) {
      if (++place == count) place = 0;
    }
    return place;
  }

  static void grow(Part& part) {
    Part larger;
    larger.slots.resize(part.slots.size() + part.slots.size() / 2 + 8);
    larger.used = part.used;
    for (const Slot& slot : part.slots) {
      if (slot.hash != 0) larger.slots[place_in(larger, slot.hash)] = slot;
    }
    part = std::move(larger);
  }

  std::array<Part, std::size_t{1} << kPartBits> parts_;
  std::size_t size_ = 0;
};

struct HashSlot {
  std::uint64_t hash = 0;
};
struct HashValueSlot {
  std::uint64_t hash = 0;
  std::uint64_t value = 0;
};
using HashSet = HashTable<HashSlot>;
using HashMap = HashTable<HashValueSlot>;

}  // namespace ixian::layer
