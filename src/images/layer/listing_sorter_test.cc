#include "layer/listing_sorter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "layer/listing_order.h"

namespace ixian::layer {
namespace {

// What a listing of few entries is, said otherwise.
std::vector<ListedEntry> model(const std::vector<ListedEntry>& entries) {
  struct Less {
    bool operator()(const ListedEntry& a, const ListedEntry& b) const { return entry_order(a, b) < 0; }
  };
  std::map<ListedEntry, ListedEntry, Less> last;
  for (const ListedEntry& entry : entries) last[entry] = entry;
  const auto hidden = [&](const ListedEntry& entry) {
    for (const auto& [key, above] : last) {
      const bool falls = rank(above.type) == 1 && above.type != EntryType::kFolder;
      if (falls && is_below(entry.path, above.path)) return true;
    }
    return false;
  };
  std::vector<ListedEntry> listed;
  for (const auto& [key, entry] : last) {
    if (!hidden(entry)) listed.push_back(entry);
  }
  return listed;
}

std::vector<ListedEntry> random_entries(std::mt19937& random, std::size_t count) {
  const char* const names[] = {"a", "b", "a-b", "c\xff", "long name of a thing"};
  const EntryType types[] = {EntryType::kFile,     EntryType::kFile,   EntryType::kFolder, EntryType::kFolder,
                             EntryType::kWhiteout, EntryType::kOpaque, EntryType::kSymlink};
  std::vector<ListedEntry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    ListedEntry entry;
    for (std::size_t depth = random() % 5; depth > 0; --depth) {
      if (!entry.path.empty()) entry.path += '/';
      entry.path += names[random() % std::size(names)];
    }
    entry.type = types[random() % std::size(types)];
    if (entry.path.empty()) entry.type = EntryType::kFolder;
    entry.size = i;
    entry.mtime = static_cast<std::int64_t>(random() % 1000) - 500;
    entries.push_back(std::move(entry));
  }
  return entries;
}

LayerListing sorted(const std::vector<ListedEntry>& entries, std::size_t run) {
  ListingSorter sorter(run);
  for (const ListedEntry& entry : entries) sorter.add(entry);
  return sorter.finish();
}

std::vector<ListedEntry> all(const LayerListing& listing) {
  std::vector<ListedEntry> all;
  for (const ListedEntry& entry : listing.entries()) all.push_back(entry);
  return all;
}

TEST(ListingSorter, SaysTheSameHoweverShortItsRuns) {
  std::mt19937 random(20);
  for (int round = 0; round < 200; ++round) {
    const auto entries = random_entries(random, random() % 120);
    const auto expected = model(entries);
    for (const std::size_t run : {std::size_t{1}, std::size_t{100}, std::size_t{1000}, ListingSorter::kRun}) {
      const LayerListing listing = sorted(entries, run);
      ASSERT_EQ(all(listing), expected) << "round " << round << ", runs of " << run;
      ASSERT_EQ(listing.size(), expected.size());
      ASSERT_EQ(LayerListing::parse(listing.serialise()), listing);
    }
  }
}

TEST(ListingSorter, FindsAllThatItListed) {
  std::mt19937 random(21);
  for (int round = 0; round < 50; ++round) {
    const LayerListing listing = sorted(random_entries(random, 300), 500);
    for (const ListedEntry& entry : listing.entries()) {
      const PathState found = listing.at(entry.path);
      if (entry.type == EntryType::kWhiteout) {
        ASSERT_TRUE(found.whiteout);
      } else if (entry.type == EntryType::kOpaque) {
        ASSERT_TRUE(found.opaque);
      } else {
        ASSERT_EQ(found.thing, entry);
      }
    }
  }
}

TEST(ListingSorter, TakesTheLongestNames) {
  std::vector<ListedEntry> entries;
  std::string folder;
  while (folder.size() + 256 <= compression::kMaxName)
    folder += (folder.empty() ? "" : "/") + std::string(255, 'd');
  for (int i = 0; i < 40; ++i) {
    ListedEntry link;
    link.path = folder.substr(0, compression::kMaxName - 3) + (i < 10 ? "0" : "") + std::to_string(i);
    link.type = EntryType::kSymlink;
    link.link = std::string(compression::kMaxName, static_cast<char>('a' + i % 26));
    entries.push_back(std::move(link));
  }
  std::reverse(entries.begin(), entries.end());
  EXPECT_EQ(all(sorted(entries, 20'000)), model(entries));
}

}  // namespace
}  // namespace ixian::layer
