// Members and columns are BuildKit's, so that what reads its answers reads these.
#include "stages/call_answers.h"

#include <algorithm>
#include <cstdint>

#include "base/source_text.h"
#include "base/text.h"
#include "stages/lint_rules.h"

namespace ixian::stages {
namespace {

using base::Json;

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) text += j <= count ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

Json location(const base::SourceRange& where) {
  const int last = std::max(where.begin.line, where.last_line);
  return {{"ranges", Json::array({{{"start", {{"line", where.begin.line}}}, {"end", {{"line", last}}}}})}};
}

void set(Json& object, const char* name, const std::string& value) {
  if (!value.empty()) object[name] = value;
}

using Row = std::vector<std::string>;

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// Columns as wide as their widest text, the last one without blanks behind it.
std::string table(const std::vector<Row>& rows, std::size_t gap) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - width(row[i]) + gap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string mounts_text(const char* title, const std::vector<Outline::Mount>& mounts) {
  if (mounts.empty()) return "";
  std::vector<Row> rows = {{title, "REQUIRED"}};
  for (const Outline::Mount& each : mounts)
    rows.push_back({base::shown(each.id), each.required ? "true" : ""});
  return "\n" + table(rows, 3);
}

Json mounts_json(const std::vector<Outline::Mount>& mounts, const char* name) {
  Json all = Json::array();
  for (const Outline::Mount& each : mounts) {
    Json one = {{name, each.id}, {"location", location(each.where)}};
    if (each.required) one["required"] = true;
    all.push_back(std::move(one));
  }
  return all;
}

// The lines around, as BuildKit shows them: four besides one, two besides several.
std::string excerpt(const base::SourceRange& where, const CheckedFile& file) {
  const std::vector<std::string_view> lines = base::split(file.text, '\n');
  const int count = static_cast<int>(lines.size());
  const int first = where.begin.line;
  if (first < 1 || first > count) return "";
  const int last = std::min(std::max(first, where.last_line), count);
  int begin = first;
  int end = last;
  for (int shown = 0; shown < (first == last ? 4 : 2); ++shown) {
    if (begin > 1) {
      --begin;
      ++shown;
    }
    if (end < count) {
      ++end;
      ++shown;
    }
  }
  const std::string rule(20, '-');
  std::string text = file.name + ":" + std::to_string(first) + "\n" + rule + "\n";
  for (int line = begin; line <= end; ++line) {
    std::string number = std::to_string(line);
    if (number.size() < 3) number.insert(0, 3 - number.size(), ' ');
    const bool marked = line >= first && line <= last;
    std::string row = " " + number + " | " + (marked ? ">>> " : "    ") +
                      std::string(lines[static_cast<std::size_t>(line - 1)]);
    while (row.ends_with('\r')) row.pop_back();
    text += row + "\n";
  }
  return text + rule + "\n";
}

}  // namespace

std::string targets_text(const std::vector<ListedTarget>& targets) {
  std::vector<Row> rows = {{"TARGET", "DESCRIPTION"}};
  for (const ListedTarget& each : targets) {
    const std::string mark = each.name.empty() ? "(default)" : each.name + " (default)";
    rows.push_back({each.is_default ? mark : each.name, base::shown(each.description)});
  }
  return table(rows, 3);
}

Json targets_json(const std::vector<ListedTarget>& targets, const std::string& source) {
  Json all = Json::array();
  for (const ListedTarget& each : targets) {
    Json one = {{"location", location(each.where)}};
    set(one, "name", each.name);
    set(one, "description", each.description);
    set(one, "base", each.base);
    set(one, "platform", each.platform);
    if (each.is_default) one["default"] = true;
    all.push_back(std::move(one));
  }
  return {{"targets", std::move(all)}, {"sources", {base64(source)}}};
}

std::string outline_text(const Outline& outline) {
  std::vector<Row> head;
  if (!outline.name.empty() || !outline.description.empty())
    head.push_back({"TARGET:", outline.name.empty() ? "(default)" : outline.name});
  if (!outline.description.empty()) head.push_back({"DESCRIPTION:", base::shown(outline.description)});
  std::string text = table(head, 2);
  if (!outline.arguments.empty()) {
    std::vector<Row> rows = {{"BUILD ARG", "VALUE", "DESCRIPTION"}};
    for (const auto& each : outline.arguments)
      rows.push_back({base::shown(each.name), base::shown(each.value), base::shown(each.description)});
    text += "\n" + table(rows, 3);
  }
  text += mounts_text("SECRET", outline.secrets) + mounts_text("SSH", outline.ssh);
  if (!outline.caches.empty()) {
    std::vector<Row> rows = {{"CACHE MOUNT"}};
    for (const Outline::Mount& each : outline.caches) rows.push_back({base::shown(each.id)});
    text += "\n" + table(rows, 3);
  }
  return text.starts_with('\n') ? text.substr(1) : text;
}

Json outline_json(const Outline& outline, const std::string& source) {
  Json json = {{"sources", {base64(source)}}};
  set(json, "name", outline.name);
  set(json, "description", outline.description);
  Json arguments = Json::array();
  for (const auto& each : outline.arguments) {
    Json one = {{"name", each.name}, {"location", location(each.where)}};
    set(one, "value", each.value);
    set(one, "description", each.description);
    arguments.push_back(std::move(one));
  }
  if (!arguments.empty()) json["args"] = std::move(arguments);
  if (!outline.secrets.empty()) json["secrets"] = mounts_json(outline.secrets, "name");
  if (!outline.ssh.empty()) json["ssh"] = mounts_json(outline.ssh, "name");
  if (!outline.caches.empty()) json["cache"] = mounts_json(outline.caches, "ID");
  return json;
}

std::string check_text(const LintReport& report, const CheckedFile& file) {
  const std::size_t count = report.warnings.size();
  if (count == 0) return report.failure ? "" : "Check complete, no warnings found.\n";
  std::string text = count == 1 ? "Check complete, 1 warning has been found!\n"
                                : "Check complete, " + std::to_string(count) + " warnings have been found!\n";
  for (const Warning& each : report.warnings) {
    text += "\nWARNING: " + each.rule;
    if (const LintRule* rule = find_lint_rule(each.rule)) text += " - " + rule->url();
    text += "\n" + each.message + "\n" + excerpt({each.at, each.last_line}, file);
  }
  return text;
}

Json check_json(const LintReport& report, const CheckedFile& file) {
  Json warnings = Json::array();
  for (const Warning& each : report.warnings) {
    Json one = {
        {"ruleName", each.rule}, {"detail", each.message}, {"location", location({each.at, each.last_line})}};
    if (const LintRule* rule = find_lint_rule(each.rule)) {
      one["description"] = rule->description;
      one["url"] = rule->url();
    }
    warnings.push_back(std::move(one));
  }
  Json json = {
      {"warnings", std::move(warnings)},
      {"sources",
       Json::array({{{"fileName", file.name}, {"language", "Dockerfile"}, {"data", base64(file.text)}}})}};
  if (report.failure) json["buildError"] = {{"message", report.failure->message()}};
  return json;
}

}  // namespace ixian::stages
