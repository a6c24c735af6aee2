// Any thread may need credentials, in the middle of an upload too, while another one runs Python code that
// waits for that upload. So a lock is never waited for with the GIL held: first the provider's own lock, then
// the GIL. Whoever comes here from Python has let go of the GIL on the way (hooks.h).
#include "script/py_credentials.h"

#include <fmt/format.h>
#include <pybind11/pybind11.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "script/errors.h"
#include "script/session.h"
#include "script/values.h"

namespace py = pybind11;

namespace ixian::script {
namespace {

using Time = std::chrono::system_clock::time_point;
using MakeProvider = std::function<std::shared_ptr<auth::CredentialProvider>()>;

constexpr std::chrono::seconds kRenewBefore{60};

// What Python answered, its secrets on their way into our hands.
struct Answer {
  std::string username;
  base::Secret password;
  base::Secret token;
  std::optional<Time> expires;
};

Time moment(double since_1970) {
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(since_1970)));
}

std::optional<Answer> read_answer(py::handle object) {
  if (object.is_none()) return std::nullopt;
  const auto row = py::reinterpret_borrow<py::tuple>(object);
  Answer answer;
  answer.username = to_bytes(row[0]);
  answer.password = base::Secret(to_bytes(row[1]));
  answer.token = base::Secret(to_bytes(row[2]));
  if (!row[3].is_none()) answer.expires = moment(row[3].cast<double>());
  return answer;
}

// What the class prints is a message, not part of the result that a command prints.
class MessagesOnly {
 public:
  MessagesOnly() {
    if (current_call() == nullptr) scope_.emplace(call_);
  }

 private:
  const task::TaskCall call_{{}, {}, base::kNoActivity, false, false};
  std::optional<CallScope> scope_;
};

class PythonCredentials : public auth::CredentialProvider {
 public:
  PythonCredentials(CustomClient client, const auth::Services& services, MakeProvider built_in)
      : client_(std::move(client)), services_(services), make_built_in_(std::move(built_in)) {}

  std::string name() const override { return client_.name; }

  std::optional<auth::Credential> lookup(const auth::CredentialQuery& target) override {
    fail_if_asked_by_itself();
    std::lock_guard lock(mutex_);
    if (!kept_ || is_due()) renew();
    if (kept_) return kept_;
    if (!built_in_) built_in_ = make_built_in_();
    return built_in_->lookup(target);
  }

  void invalidate(const auth::CredentialQuery& target) override {
    fail_if_asked_by_itself();
    std::lock_guard lock(mutex_);
    if (kept_) forget_references();
    if (!kept_ && built_in_) built_in_->invalidate(target);
    kept_.reset();
  }

 private:
  // credentials() that need the registry which they are for.
  void fail_if_asked_by_itself() const {
    if (asking_ != std::this_thread::get_id()) return;
    throw base::Error(
        base::ErrorCode::kRegistry,
        fmt::format(
            "{} ({}) uses {} while its own credentials for {} are requested\nhint: get them from elsewhere",
            client_.name, client_.source, client_.registry, client_.registry));
  }

  bool is_due() const {
    return kept_->expires && std::chrono::system_clock::now() >= *kept_->expires - renew_before_;
  }

  bool is_good() const {
    return kept_ && kept_->expires && std::chrono::system_clock::now() < *kept_->expires;
  }

  // What is still good stays in use while renewing fails.
  void renew() {
    try {
      kept_ = ask();
    } catch (const base::Error&) {
      if (!is_good()) throw;
    }
    if (!kept_ || !kept_->expires) return;
    const auto life = *kept_->expires - std::chrono::system_clock::now();
    renew_before_ = std::min<Time::duration>(kRenewBefore, life / 2);
  }

  std::optional<auth::Credential> ask() {
    struct Asking {
      std::atomic<std::thread::id>& thread;
      ~Asking() { thread = std::thread::id(); }
    } asking{asking_};
    asking_ = std::this_thread::get_id();
    std::optional<Answer> answer = ask_python();
    if (!answer) return std::nullopt;
    auth::Credential credential;
    credential.username = std::move(answer->username);
    credential.password = resolved(answer->password);
    credential.bearer = resolved(answer->token);
    credential.expires = answer->expires;
    credential.source = fmt::format("{}, {}", client_.name, client_.source);
    return credential;
  }

  std::optional<Answer> ask_python() {
    MessagesOnly messages;
    try {
      return call_python([&] {
        return read_answer(
            py::module_::import("ixian_docker._registries").attr("ask")(from_bytes(client_.registry)));
      });
    } catch (const base::Error& error) {
      if (session().cancellation.requested()) throw base::Cancelled();
      throw base::Error(base::ErrorCode::kRegistry, fmt::format("{} ({})", error.message(), client_.source),
                        error.context());
    } catch (const Complete&) {
      throw base::Error(base::ErrorCode::kRegistry,
                        fmt::format("{} ({}) exited while credentials for {} were requested", client_.name,
                                    client_.source, client_.registry));
    }
  }

  bool is_option(const std::string& value) const {
    for (const auto& option : client_.options) {
      if (option.is_string() && option.get_ref<const std::string&>() == value) return true;
    }
    return false;
  }

  // Only what the project itself wrote is a reference: what some server told the class is not run as a
  // command.
  base::Secret resolved(const base::Secret& value) const {
    if (value.empty() || !is_option(value.reveal())) return value;
    return services_.secrets.load(value.reveal());
  }

  void forget_references() const {
    for (const auto& option : client_.options) {
      if (!option.is_string()) continue;
      const auto reference = secrets::parse_secret_reference(option.get_ref<const std::string&>());
      if (reference) services_.secrets.forget(*reference);
    }
  }

  const CustomClient client_;
  const auth::Services services_;
  const MakeProvider make_built_in_;

  // Guards all below but `asking_`. Taken before the GIL.
  std::mutex mutex_;
  std::shared_ptr<auth::CredentialProvider> built_in_;
  std::optional<auth::Credential> kept_;
  Time::duration renew_before_ = kRenewBefore;
  std::atomic<std::thread::id> asking_{};
};

}  // namespace

std::shared_ptr<auth::CredentialProvider> python_credentials(CustomClient client,
                                                             const auth::Services& services,
                                                             MakeProvider built_in) {
  return std::make_shared<PythonCredentials>(std::move(client), services, std::move(built_in));
}

}  // namespace ixian::script
