// What a folder is about is guessed from the names of its files and from what a few of them quote. No file is
// run or really parsed (a webpack configuration is a program, a compose file is YAML): a wrong guess costs a
// line that somebody deletes, while running somebody's code to look at it could cost anything.
#include <sys/stat.h>

#include <algorithm>
#include <string_view>

#include "app/init_files.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "files/fs.h"

namespace ixian::app {
namespace {

constexpr std::uint64_t kLongestRead = 1 << 20;

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  bool has(const std::string& name) const { return is(name, S_IFREG); }
  bool has_folder(const std::string& name) const { return is(name, S_IFDIR); }

  std::string text(const std::string& name) const {
    struct stat info {};
    if (!has(name) || ::stat((path_ + "/" + name).c_str(), &info) != 0 ||
        static_cast<std::uint64_t>(info.st_size) > kLongestRead)
      return "";
    return files::read_file(path_ + "/" + name).value_or("");
  }

  const std::string& path() const { return path_; }

 private:
  bool is(const std::string& name, mode_t type) const {
    struct stat info {};
    return ::stat((path_ + "/" + name).c_str(), &info) == 0 && (info.st_mode & S_IFMT) == type;
  }

  std::string path_;
};

// A name of an image and of a Python variable's part: small letters, digits, '_'.
std::string project_name(const std::string& folder) {
  std::string name;
  for (const char c : folder.substr(folder.rfind('/') + 1)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (letter) name.push_back(static_cast<char>(c | 0x20));
    if (digit && !name.empty()) name.push_back(c);
    if (!letter && !digit && !name.empty() && name.back() != '_') name.push_back('_');
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name.empty() ? "project" : name;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-';
}

// What stands between quotes, in the order in which it does. A quote ends with its line.
std::vector<std::string_view> quoted_texts(std::string_view source) {
  std::vector<std::string_view> found;
  for (std::size_t at = 0; at < source.size(); ++at) {
    const char quote = source[at];
    if (quote != '"' && quote != '\'' && quote != '`') continue;
    const std::size_t end = source.find_first_of(std::string{quote, '\n'}, at + 1);
    if (end == std::string_view::npos) break;
    if (source[end] == quote) found.push_back(source.substr(at + 1, end - at - 1));
    at = end;
  }
  return found;
}

std::string settings_module(const std::string& manage) {
  const auto texts = quoted_texts(manage);
  for (std::size_t i = 0; i + 1 < texts.size(); ++i) {
    // os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings"): the next text in quotes.
    if (texts[i] != "DJANGO_SETTINGS_MODULE") continue;
    if (!texts[i + 1].empty() && std::all_of(texts[i + 1].begin(), texts[i + 1].end(), is_word))
      return std::string(texts[i + 1]);
  }
  return "";
}

// The folders that its configuration names: './src/index.js', path.resolve(__dirname, "assets").
std::vector<std::string> source_folders(const Folder& folder, const std::string& config) {
  static const std::vector<std::string> outputs = {"node_modules", "dist", "build", "compiled_static",
                                                   "public"};
  std::vector<std::string> found;
  const auto add = [&](const std::string& name) {
    const bool plain = !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), is_word);
    const bool known = std::find(found.begin(), found.end(), name) != found.end();
    const bool output = std::find(outputs.begin(), outputs.end(), name) != outputs.end();
    if (plain && !known && !output && folder.has_folder(name)) found.push_back(name);
  };
  for (std::string_view text : quoted_texts(config)) {
    if (text.starts_with("./")) text.remove_prefix(2);
    add(std::string(text.substr(0, text.find('/'))));
  }
  // webpack's own default.
  if (found.empty()) add("src");
  return found;
}

// Whether a list of requirements names a package: at the start of a line, or of a text in quotes.
bool requires_package(const std::string& requirements, std::string_view name) {
  const auto names_it = [&](std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    return text.starts_with(name) && (text.size() == name.size() || !is_word(text[name.size()]));
  };
  const auto lines = base::split(requirements, '\n');
  const auto texts = quoted_texts(requirements);
  return std::any_of(lines.begin(), lines.end(), names_it) ||
         std::any_of(texts.begin(), texts.end(), names_it);
}

std::vector<std::string> tools(const Folder& folder, const std::string& package,
                               const DetectedProject& found) {
  std::vector<std::string> names;
  const std::string python = folder.text("requirements.txt") + "\n" + folder.text("pyproject.toml");
  if (found.python()) {
    for (const char* tool : {"pytest", "black"}) {
      if (requires_package(python, tool)) names.emplace_back(tool);
    }
  }
  try {
    const base::Json parsed = base::parse_json(package);
    for (const char* tool : {"eslint", "jest", "prettier"}) {
      for (const char* group : {"dependencies", "devDependencies"}) {
        if (parsed.is_object() && parsed.contains(group) && parsed.at(group).is_object() &&
            parsed.at(group).contains(tool)) {
          names.emplace_back(tool);
          break;
        }
      }
    }
  } catch (const std::exception&) {
    // npm says it better.
  }
  return names;
}

// The keys right below `services:` at the start of a line, in block style.
std::vector<std::string> compose_services(const std::string& text) {
  std::vector<std::string> names;
  bool inside = false;
  std::size_t indent = 0;
  for (std::string_view line : base::split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t start = line.find_first_not_of(' ');
    if (start == std::string_view::npos || line[start] == '#') continue;
    if (start == 0) {
      inside = line.substr(0, line.find(" #")) == "services:";
      indent = 0;
      continue;
    }
    if (!inside) continue;
    // The first key says how far they are indented; what is indented further belongs to a service.
    if (indent == 0) indent = start;
    const std::size_t colon = line.find(':');
    if (start != indent || colon == std::string_view::npos) continue;
    std::string_view name = line.substr(start, colon - start);
    if (name.size() > 2 && (name.front() == '"' || name.front() == '\''))
      name = name.substr(1, name.size() - 2);
    if (!name.empty() && std::all_of(name.begin(), name.end(), is_word)) names.emplace_back(name);
  }
  return names;
}

}  // namespace

std::string DetectedProject::service() const {
  if (compose_file.empty()) return "app";
  for (const char* usual : {"app", "web", "server", "backend", "api", "django"}) {
    if (std::find(services.begin(), services.end(), usual) != services.end()) return usual;
  }
  return services.empty() ? "" : services.front();
}

DetectedProject detect_project(const std::string& path) {
  const Folder folder(path);
  DetectedProject found;
  found.name = project_name(path);
  found.requirements = folder.has("requirements.txt");
  found.pyproject = folder.has("pyproject.toml");
  found.manage = folder.has("manage.py");
  if (found.manage) found.settings = settings_module(folder.text("manage.py"));
  found.npm = folder.has("package.json");
  found.lock = folder.has("package-lock.json") || folder.has("npm-shrinkwrap.json");
  for (const char* name :
       {"webpack.config.js", "webpack.config.cjs", "webpack.config.mjs", "webpack.config.ts"}) {
    if (found.webpack_config.empty() && folder.has(name)) found.webpack_config = name;
  }
  if (found.webpack()) {
    for (const char* name : {"package.json", "tsconfig.json", "babel.config.js", "babel.config.json",
                             ".babelrc", "postcss.config.js", "tailwind.config.js", ".browserslistrc"}) {
      if (folder.has(name)) found.webpack_files.emplace_back(name);
    }
    found.source_dirs = source_folders(folder, folder.text(found.webpack_config));
  }
  for (const char* name : {"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}) {
    if (!found.compose_file.empty() || !folder.has(name)) continue;
    found.compose_file = name;
    const std::string text = folder.text(name);
    found.services = compose_services(text);
    found.compose_takes_image = text.find("DOCKER_IMAGE") != std::string::npos;
  }
  found.tools = tools(folder, folder.text("package.json"), found);
  return found;
}

}  // namespace ixian::app
