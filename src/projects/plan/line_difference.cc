// The longest common sequence of lines, by the table that everybody knows, after equal beginnings and ends
// are cut off, which leaves little. Where the table would be large, all lines between count as different.
// Removed and added lines side by side are told as changes.
#include "plan/line_difference.h"

#include <algorithm>
#include <cstdint>

namespace ixian::plan {
namespace {

constexpr std::size_t kMostCells = 4'000'000;

struct LineRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
};

// Removed and added lines that stand between two common ones.
class LineBlock {
 public:
  LineBlock(const std::vector<std::string>& before, const std::vector<std::string>& now)
      : before_(before), now_(now) {}

  void remove(std::size_t index) { removed_.push_back(index); }
  void add(std::size_t index) { added_.push_back(index); }

  void flush(std::vector<LineDifference>& differences) {
    const std::size_t pairs = std::min(removed_.size(), added_.size());
    for (std::size_t i = 0; i < pairs; ++i)
      differences.push_back({added_[i] + 1, before_[removed_[i]], now_[added_[i]]});
    for (std::size_t i = pairs; i < removed_.size(); ++i)
      differences.push_back({removed_[i] + 1, before_[removed_[i]], std::nullopt});
    for (std::size_t i = pairs; i < added_.size(); ++i)
      differences.push_back({added_[i] + 1, std::nullopt, now_[added_[i]]});
    removed_.clear();
    added_.clear();
  }

 private:
  const std::vector<std::string>& before_;
  const std::vector<std::string>& now_;
  std::vector<std::size_t> removed_;
  std::vector<std::size_t> added_;
};

}  // namespace

std::vector<LineDifference> line_differences(const std::vector<std::string>& before,
                                             const std::vector<std::string>& now) {
  LineRange old_lines{0, before.size()};
  LineRange new_lines{0, now.size()};
  while (old_lines.size() > 0 && new_lines.size() > 0 && before[old_lines.begin] == now[new_lines.begin]) {
    ++old_lines.begin;
    ++new_lines.begin;
  }
  while (old_lines.size() > 0 && new_lines.size() > 0 &&
         before[old_lines.end - 1] == now[new_lines.end - 1]) {
    --old_lines.end;
    --new_lines.end;
  }
  // length[i][j]: of the longest common sequence of the lines from i and from j on; none where that would
  // take too much memory.
  const std::size_t columns = new_lines.size() + 1;
  const bool fits = (old_lines.size() + 1) * columns <= kMostCells;
  std::vector<std::uint16_t> length(fits ? (old_lines.size() + 1) * columns : 0);
  const auto same = [&](std::size_t i, std::size_t j) {
    return before[old_lines.begin + i] == now[new_lines.begin + j];
  };
  for (std::size_t i = old_lines.size(); fits && i-- > 0;) {
    for (std::size_t j = new_lines.size(); j-- > 0;) {
      length[i * columns + j] = same(i, j)
                                    ? static_cast<std::uint16_t>(length[(i + 1) * columns + j + 1] + 1)
                                    : std::max(length[(i + 1) * columns + j], length[i * columns + j + 1]);
    }
  }
  std::vector<LineDifference> differences;
  LineBlock block(before, now);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < old_lines.size() || j < new_lines.size()) {
    const bool both = i < old_lines.size() && j < new_lines.size();
    if (fits && both && same(i, j)) {
      block.flush(differences);
      ++i;
      ++j;
    } else if (!both ? i < old_lines.size()
                     : !fits || length[(i + 1) * columns + j] >= length[i * columns + j + 1]) {
      block.remove(old_lines.begin + i++);
    } else {
      block.add(new_lines.begin + j++);
    }
  }
  block.flush(differences);
  return differences;
}

}  // namespace ixian::plan
