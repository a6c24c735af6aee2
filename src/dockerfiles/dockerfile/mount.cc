// The fields of --mount, as CSV with quotes. They are parsed twice: at once for what holds no variables, so
// that mistakes are found before anything runs, and with values when the RUN is to start. Names have
// synonyms; of one that comes twice the last counts. --from is needed before, to know which stages there are,
// and so may not have variables.
#include "dockerfile/mount.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/text.h"
#include "dockerfile/go_values.h"
#include "pattern/path_match.h"

namespace ixian::dockerfile {
namespace {

const std::map<std::string, std::string, std::less<>>& names_of_fields() {
  static const std::map<std::string, std::string, std::less<>> names = {{"type", "type"},
                                                                        {"from", "from"},
                                                                        {"source", "source"},
                                                                        {"src", "source"},
                                                                        {"target", "target"},
                                                                        {"dst", "target"},
                                                                        {"destination", "target"},
                                                                        {"ro", "readonly"},
                                                                        {"readonly", "readonly"},
                                                                        {"rw", "readwrite"},
                                                                        {"readwrite", "readwrite"},
                                                                        {"id", "id"},
                                                                        {"sharing", "sharing"},
                                                                        {"required", "required"},
                                                                        {"size", "size"},
                                                                        {"mode", "mode"},
                                                                        {"uid", "uid"},
                                                                        {"gid", "gid"},
                                                                        {"env", "env"}};
  return names;
}

struct Field {
  std::string name;                  // one of the second column above
  std::optional<std::string> value;  // nullopt: the field stands alone
};

std::string base_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(path.rfind('/') + 1));
}

class MountParser {
 public:
  MountParser(const base::Word& text, const base::Source& source) : text_(text), source_(source) {}

  [[noreturn]] void fail(const std::string& reason, const std::string& suggestion = "") const {
    throw source_.error(text_.at, "--mount: " + reason + suggestion);
  }

  std::vector<Field> fields() const {
    std::vector<Field> fields;
    for (const std::string& text : split()) {
      const std::size_t equals = text.find('=');
      const std::string written = base::to_lower(std::string_view(text).substr(0, equals));
      const auto known = names_of_fields().find(written);
      if (known == names_of_fields().end()) {
        std::vector<std::string> names;
        for (const auto& [name, _] : names_of_fields()) names.push_back(name);
        fail("unknown field \"" + base::shown(written) + "\"", base::did_you_mean(written, names));
      }
      Field field{known->second, std::nullopt};
      if (equals != std::string::npos) field.value = text.substr(equals + 1);
      const bool may_stand_alone =
          field.name == "readonly" || field.name == "readwrite" || field.name == "required";
      if (!field.value && !may_stand_alone) fail("field " + written + " needs a value");
      fields.push_back(std::move(field));
    }
    return fields;
  }

  Mount parse(const ExpandField& expand) {
    std::vector<Field> fields = this->fields();
    Mount mount;
    mount.at = text_.at;
    for (Field& field : fields) {
      if (field.value) field.value = expand(*field.value);
      // First of all: which fields there may be depends on it.
      if (field.name == "type") mount.kind = kind_of(*field.value);
    }
    for (const Field& field : fields) set(mount, field);
    // What BuildKit shows read-only where nothing is said.
    if (!read_only_) read_only_ = mount.kind == MountKind::kBind || mount.kind == MountKind::kSecret;
    mount.read_only = *read_only_;
    check(mount);
    fill_in(mount);
    return mount;
  }

 private:
  // Between commas; a field that begins with a double quote ends at the next one, "" is a quote in it.
  std::vector<std::string> split() const {
    const std::string& text = text_.text;
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
        fields.back() += c;
        ++i;
      } else if (c == '"' && (quoted || i == 0 || text[i - 1] == ',')) {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        fields.emplace_back();
      } else {
        fields.back() += c;
      }
    }
    if (quoted) fail("a double quote is not closed");
    return fields;
  }

  MountKind kind_of(const std::string& value) const {
    const std::string kind = base::to_lower(value);
    if (kind == "bind") return MountKind::kBind;
    if (kind == "cache") return MountKind::kCache;
    if (kind == "tmpfs") return MountKind::kTmpfs;
    if (kind == "secret") return MountKind::kSecret;
    if (kind == "ssh") return MountKind::kSsh;
    fail("invalid value \"" + base::shown(value) + "\" for type (expected: bind, cache, tmpfs, secret, ssh)");
  }

  bool flag(const Field& field) const {
    if (!field.value) return true;
    const auto value = parse_bool(*field.value);
    if (!value)
      fail("invalid value \"" + base::shown(*field.value) + "\" for " + field.name +
           " (expected: true, false)");
    return *value;
  }

  std::uint32_t number(const Field& field, int base) const {
    const auto value = parse_number(*field.value, base, base == 8 ? 07777 : 0xfffffffe);
    if (!value) {
      fail("invalid value \"" + base::shown(*field.value) + "\" for " + field.name +
           " (expected: " + (base == 8 ? "an octal number up to 7777" : "a number") + ")");
    }
    return *value;
  }

  void only(const Mount& mount, const Field& field, std::initializer_list<MountKind> kinds) const {
    if (std::find(kinds.begin(), kinds.end(), mount.kind) != kinds.end()) return;
    static const std::map<MountKind, std::string> names = {{MountKind::kBind, "bind"},
                                                           {MountKind::kCache, "cache"},
                                                           {MountKind::kTmpfs, "tmpfs"},
                                                           {MountKind::kSecret, "secret"},
                                                           {MountKind::kSsh, "ssh"}};
    fail("field " + field.name + " cannot be used with type=" + names.at(mount.kind));
  }

  void set(Mount& mount, const Field& field) {
    const std::string& name = field.name;
    if (name == "from") {
      only(mount, field, {MountKind::kBind, MountKind::kCache, MountKind::kTmpfs});
      mount.from = *field.value;
    } else if (name == "source") {
      only(mount, field, {MountKind::kBind, MountKind::kCache, MountKind::kTmpfs, MountKind::kSecret});
      mount.source = *field.value;
    } else if (name == "target") {
      mount.target = *field.value;
    } else if (name == "readonly") {
      read_only_ = flag(field);
    } else if (name == "readwrite") {
      read_only_ = !flag(field);
    } else if (name == "required") {
      only(mount, field, {MountKind::kSecret, MountKind::kSsh});
      mount.required = flag(field);
    } else if (name == "size") {
      only(mount, field, {MountKind::kTmpfs});
      const auto size = parse_size(*field.value);
      if (!size)
        fail("invalid value \"" + base::shown(*field.value) +
             "\" for size (expected: a number, with b, k, m or g if any)");
      mount.size = *size;
    } else if (name == "id") {
      mount.id = *field.value;
    } else if (name == "sharing") {
      only(mount, field, {MountKind::kCache});
      mount.sharing = sharing_of(*field.value);
    } else if (name == "env") {
      only(mount, field, {MountKind::kSecret});
      mount.env = *field.value;
    } else if (name != "type") {
      only(mount, field, {MountKind::kCache, MountKind::kSecret, MountKind::kSsh});
      (name == "mode"  ? mount.mode
       : name == "uid" ? mount.uid
                       : mount.gid) = number(field, name == "mode" ? 8 : 10);
    }
  }

  Sharing sharing_of(const std::string& value) const {
    const std::string sharing = base::to_lower(value);
    if (sharing == "shared") return Sharing::kShared;
    if (sharing == "private") return Sharing::kPrivate;
    if (sharing == "locked") return Sharing::kLocked;
    fail("invalid value \"" + base::shown(value) + "\" for sharing (expected: shared, private, locked)");
  }

  void check(const Mount& mount) const {
    if (mount.kind != MountKind::kSecret) return;
    if (!mount.source.empty() && !mount.id.empty()) fail("source and id cannot be used together");
    if (mount.source.empty() && mount.target.empty() && mount.id.empty()) fail("a secret needs an id");
  }

  static void fill_in(Mount& mount) {
    // As in BuildKit: caches of one path are one cache.
    if (mount.kind == MountKind::kCache && mount.id.empty()) mount.id = pattern::clean_path(mount.target);
    if (mount.kind == MountKind::kSsh && mount.id.empty()) mount.id = "default";
    if (mount.kind != MountKind::kSecret) return;
    if (mount.id.empty()) mount.id = mount.source.empty() ? base_name(mount.target) : mount.source;
    mount.source.clear();
    if (mount.target.empty() && !mount.env) mount.target = "/run/secrets/" + base_name(mount.id);
    if (mount.env && mount.env->empty()) mount.env = mount.id;
  }

  const base::Word& text_;
  const base::Source& source_;
  std::optional<bool> read_only_;
};

}  // namespace

Mount parse_mount(const base::Word& text, const base::Source& source, const ExpandField& expand) {
  return MountParser(text, source).parse(expand);
}

void number_ssh_mounts(std::vector<Mount>& mounts) {
  std::size_t count = 0;
  for (Mount& mount : mounts) {
    if (mount.kind != MountKind::kSsh) continue;
    if (mount.target.empty()) mount.target = "/run/buildkit/ssh_agent." + std::to_string(count);
    ++count;
  }
}

std::string mount_from(const base::Word& text, const base::Source& source) {
  const MountParser parser(text, source);
  std::string from;
  for (const Field& field : parser.fields()) {
    if (field.name == "from") from = *field.value;
  }
  if (from.find('$') != std::string::npos) {
    parser.fail("from cannot have variables\nhint: name a stage, `FROM " + base::shown(from) +
                " AS name`, and mount from it");
  }
  return from;
}

std::string canonical_mount(const base::Word& text, const base::Source& source, const std::string& from) {
  std::vector<std::string> fields;
  for (const Field& field : MountParser(text, source).fields()) {
    // These two are one field, of which the last one counts.
    const bool opposite = field.name == "readwrite";
    std::string name = opposite ? "readonly" : field.name;
    std::string value = field.name == "from" ? from : field.value.value_or("true");
    if (opposite) value = "not " + value;
    std::erase_if(fields, [&](const std::string& other) { return other.starts_with(name + "="); });
    fields.push_back(std::move(name) + "=" + value);
  }
  std::sort(fields.begin(), fields.end());
  std::string all;
  for (const std::string& field : fields) {
    if (!all.empty()) all += ',';
    const bool quoted = field.find_first_of(",\"") != std::string::npos;
    if (quoted) all += '"';
    for (const char c : field) all += c == '"' ? std::string(2, c) : std::string(1, c);
    if (quoted) all += '"';
  }
  return all;
}

}  // namespace ixian::dockerfile
