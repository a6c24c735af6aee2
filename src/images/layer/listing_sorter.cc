// Entries come in the order of a tar, several of them for one path, and are to be in order, with those gone
// that later ones replace. Most tars are in order already, which costs nothing more than noticing it. More
// than a run's bytes are sorted in runs and merged, so memory is bounded whatever the layer.
#include "layer/listing_sorter.h"

#include <algorithm>
#include <optional>
#include <queue>

#include "layer/listing_order.h"
#include "layer/listing_parts.h"

namespace ixian::layer {
namespace {

// Takes what a listing does not have out of entries in their order, equal ones as they came.
class Sieve {
 public:
  void add(ListedEntry entry) {
    // Of several with one path and rank the last one stays.
    if (waiting_ && entry_order(*waiting_, entry) != 0) pass();
    waiting_ = std::move(entry);
  }

  LayerListing finish() {
    if (waiting_) pass();
    return builder_.finish();
  }

 private:
  void pass() {
    if (hidden_.covers(*waiting_)) return;
    hidden_.pass(*waiting_);
    builder_.add(*waiting_);
  }

  std::optional<ListedEntry> waiting_;
  HiddenEntryFinder hidden_;
  ListingBuilder builder_;
};

ListedEntry read_record(NumberReader& reader) {
  ListedEntry entry;
  read_entry(reader, entry);
  return entry;
}

}  // namespace

struct ListingBuilder::State {
  std::shared_ptr<ListingParts> parts = std::make_shared<ListingParts>();
  ListingIndex index{*parts};
  EntryBefore before;
  std::string bytes;
};

ListingBuilder::ListingBuilder() : state_(std::make_unique<State>()) {}
ListingBuilder::~ListingBuilder() = default;

void ListingBuilder::add(const ListedEntry& entry) {
  State& state = *state_;
  state.index.note(entry, state.parts->body.size(), state.before.mtime, state.before.offset);
  state.bytes.clear();
  put_entry(state.bytes, entry, state.before);
  state.parts->body.append(state.bytes);
  state.before.become(entry);
}

LayerListing ListingBuilder::finish() {
  state_->index.finish();
  state_->parts->body.finish();
  if (state_->parts->count == 0) return {};
  return LayerListing(std::move(state_->parts));
}

void ListingSorter::add(const ListedEntry& entry) {
  const std::size_t at = records_.size();
  put_entry(records_, entry, {});
  const Place place{static_cast<std::uint32_t>(at), static_cast<std::uint16_t>(entry.path.size()),
                    static_cast<std::uint8_t>(rank(entry.type))};
  if (!places_.empty() && order(places_.back(), place) >= 0) in_order_ = false;
  places_.push_back(place);
  if (records_.size() + places_.size() * sizeof(Place) >= run_) spill();
}

int ListingSorter::order(const Place& a, const Place& b) const {
  const int paths = path_order(path_of(a), path_of(b));
  return paths != 0 ? paths : a.rank - b.rank;
}

void ListingSorter::sort() {
  if (!in_order_) {
    std::sort(places_.begin(), places_.end(), [this](const Place& a, const Place& b) {
      const int both = order(a, b);
      return both != 0 ? both < 0 : a.at < b.at;
    });
  }
  in_order_ = true;
}

ListedEntry ListingSorter::read(const Place& place) const {
  NumberReader reader(std::string_view(records_).substr(place.at));
  return read_record(reader);
}

void ListingSorter::spill() {
  sort();
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const std::string_view all = records_;
    NumberReader reader(all.substr(places_[i].at));
    const std::size_t before = reader.left();
    read_record(reader);
    sorted_runs_.append(all.substr(places_[i].at, before - reader.left()));
  }
  run_ends_.push_back(sorted_runs_.size());
  records_.clear();
  places_.clear();
}

// The runs, read in step. Equal entries come from the earlier run first.
class ListingSorter::RunMerger {
 public:
  RunMerger(const Spool& runs, const std::vector<std::uint64_t>& ends) : runs_(runs) {
    std::uint64_t start = 0;
    readers_.reserve(ends.size());
    for (const std::uint64_t end : ends) {
      readers_.push_back({start, end, {}, {}, {}});
      start = end;
      if (read(readers_.back())) waiting_.push(readers_.size() - 1);
    }
  }

  bool next(ListedEntry& entry) {
    if (waiting_.empty()) return false;
    const std::size_t first = waiting_.top();
    waiting_.pop();
    entry = std::move(readers_[first].entry);
    if (read(readers_[first])) waiting_.push(first);
    return true;
  }

 private:
  static constexpr std::size_t kAtOnce = 2 * kMostEntry;

  struct Reader {
    std::uint64_t at;
    std::uint64_t end;
    std::string buffer;
    std::string_view window;
    ListedEntry entry;
  };

  struct Later {
    const RunMerger& merge;
    bool operator()(std::size_t a, std::size_t b) const {
      const int order = entry_order(merge.readers_[a].entry, merge.readers_[b].entry);
      return order != 0 ? order > 0 : a > b;
    }
  };

  bool read(Reader& reader) {
    if (reader.at == reader.end) return false;
    if (reader.window.size() < kMostEntry && reader.at + reader.window.size() < reader.end) {
      const auto size = std::min<std::uint64_t>(kAtOnce, reader.end - reader.at);
      reader.window = runs_.read(reader.at, static_cast<std::size_t>(size), reader.buffer);
    }
    NumberReader numbers(reader.window);
    reader.entry = read_record(numbers);
    reader.at += reader.window.size() - numbers.left();
    reader.window.remove_prefix(reader.window.size() - numbers.left());
    return true;
  }

  const Spool& runs_;
  std::vector<Reader> readers_;
  std::priority_queue<std::size_t, std::vector<std::size_t>, Later> waiting_{Later{*this}};
};

LayerListing ListingSorter::finish() {
  Sieve sieve;
  if (run_ends_.empty()) {
    sort();
    for (const Place& place : places_) sieve.add(read(place));
    records_ = {};
    places_ = {};
  } else {
    if (!places_.empty()) spill();
    records_ = {};
    places_ = {};
    RunMerger merge(sorted_runs_, run_ends_);
    ListedEntry entry;
    while (merge.next(entry)) sieve.add(std::move(entry));
  }
  return sieve.finish();
}

}  // namespace ixian::layer
