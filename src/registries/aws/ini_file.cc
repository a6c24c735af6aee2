// AWS's configuration files, as botocore reads them by Python's configparser: keys without regard to case, a
// value goes on in indented lines, and below an empty value these are a nested block (`s3 =`). A line that is
// none of this is an error with its number: passing over a misspelt key would lead to other credentials.
#include "aws/ini_file.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace ixian::aws {
namespace {

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  void line(std::string_view raw) {
    ++number_;
    if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
    const std::string_view text = base::trim(raw);
    if (text.empty() || text[0] == '#' || text[0] == ';') return;
    const bool indented = raw[0] == ' ' || raw[0] == '\t';
    // An indented line before any key is an ordinary one, as configparser has it.
    if (indented && !key_.empty()) {
      continuation(text);
    } else if (text[0] == '[') {
      header(text);
    } else {
      pair(text);
    }
  }

  IniFile take() { return std::move(file_); }

 private:
  void header(std::string_view text) {
    const std::size_t end = text.find(']');
    const std::string_view name = end == std::string_view::npos ? "" : base::trim(text.substr(1, end - 1));
    if (name.empty()) fail("starts a [section] without a name");
    section_ = &file_[std::string(name)];
    key_.clear();
  }

  void pair(std::string_view text) {
    const std::size_t at = text.find_first_of("=:");
    if (at == std::string_view::npos || at == 0)
      fail("is neither a [section], nor a comment, nor KEY = VALUE");
    if (section_ == nullptr) fail("is before the first [section]");
    key_ = base::to_lower(base::trim(text.substr(0, at)));
    section_->set(key_, base::Secret(std::string(base::trim(text.substr(at + 1)))));
  }

  // Of a value, or, below a key without one, of a nested block.
  void continuation(std::string_view text) {
    const std::size_t at = text.find('=');
    const base::Secret before = section_->secret(key_);
    if (!before.empty()) {
      section_->set(key_, base::Secret(before.reveal() + "\n" + std::string(text)));
    } else if (at != std::string_view::npos && at > 0) {
      section_->set(key_ + "." + base::to_lower(base::trim(text.substr(0, at))),
                    base::Secret(std::string(base::trim(text.substr(at + 1)))));
    } else {
      fail("belongs to a nested block, but is not KEY = VALUE");
    }
  }

  [[noreturn]] void fail(std::string_view what) const {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("line {} of {} {}\nhint: fix it", number_, path_, what));
  }

  const std::string& path_;
  int number_ = 0;
  IniFile file_;
  Section* section_ = nullptr;
  std::string key_;
};

}  // namespace

std::string Section::text(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? "" : found->second.reveal();
}

base::Secret Section::secret(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? base::Secret() : found->second;
}

void Section::add_all(const Section& other) {
  for (const auto& [key, value] : other.values_) values_[key] = value;
}

IniFile parse_ini(std::string_view text, const std::string& path) {
  // A byte order mark, as editors on Windows write it.
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Reader reader(path);
  for (const std::string_view line : base::split(text, '\n')) reader.line(line);
  return reader.take();
}

}  // namespace ixian::aws
