// The files that the AWS CLI keeps: [sections] of KEY = VALUE.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace ixian::aws {

// Keys in lower case. Any value may be a secret, so all are kept as one. A nested block
//   services =
//     endpoint_url = https://…
// gives the key "services.endpoint_url".
class Section {
 public:
  // "" where it is not set.
  std::string text(const std::string& key) const;
  base::Secret secret(const std::string& key) const;
  bool has(const std::string& key) const { return values_.count(key) > 0; }

  void set(std::string key, base::Secret value) { values_[std::move(key)] = std::move(value); }
  void add_all(const Section& other);  // whose values win

  const std::map<std::string, base::Secret>& values() const { return values_; }

 private:
  std::map<std::string, base::Secret> values_;
};

using IniFile = std::map<std::string, Section>;  // by what stands between the brackets

// As Python's configparser reads it, which the AWS CLI uses: "=" or ":", comments are whole lines that start
// with "#" or ";", indented lines continue the value before them. Sections that occur twice are joined.
// Throws Error{kRegistry} with the number of the line, never with its text.
IniFile parse_ini(std::string_view text, const std::string& path);

}  // namespace ixian::aws
