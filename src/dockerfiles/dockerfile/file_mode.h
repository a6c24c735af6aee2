// COPY --chmod and ADD --chmod.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::dockerfile {

// "755", or symbolic as chmod(1): "u=rwX,go=rX", "a+x", "g=u". Immutable.
class FileMode {
 public:
  // Throws std::invalid_argument with a sentence.
  explicit FileMode(std::string_view text);

  // The twelve permission bits that a file with the bits `mode` gets.
  std::uint32_t apply(std::uint32_t mode, bool is_directory) const;

  // The bits that it gives to everything, unless it is symbolic.
  std::optional<std::uint32_t> absolute() const { return absolute_ ? std::optional(value_) : std::nullopt; }

 private:
  struct Change {
    std::uint32_t who;  // the bits that it may touch
    char operation;     // + - =
    std::uint32_t bits = 0;
    bool execute_if_any = false;  // X: for folders, and files that had an x before
    char copy_from = 0;           // u, g or o: their present bits
  };

  std::size_t take_change(std::string_view text, std::size_t begin, std::uint32_t who);

  bool absolute_ = false;
  std::uint32_t value_ = 0;
  std::vector<Change> changes_;
};

}  // namespace ixian::dockerfile
