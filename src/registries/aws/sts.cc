// STS speaks the older query protocol: a form goes in, XML comes out. Assuming a role is signed with the
// credentials of who assumes it, except by web identity, whose token is the proof.
#include "aws/sts.h"

#include <fmt/format.h>

#include <pugixml.hpp>
#include <utility>
#include <vector>

#include "aws/ecr.h"
#include "aws/exchange.h"
#include "aws/timestamp.h"
#include "http/url.h"

namespace ixian::aws {
namespace {

using Form = std::vector<std::pair<std::string, std::string>>;

// Of which the elements are <`action`Response><`action`Result>.
class Answer {
 public:
  Answer(std::string_view xml, const std::string& action) {
    if (!document_.load_buffer(xml.data(), xml.size(), pugi::parse_default)) {
      throw std::invalid_argument("an answer that is not XML");
    }
    result_ = document_.child((action + "Response").c_str()).child((action + "Result").c_str());
    if (!result_) throw std::invalid_argument(fmt::format("an answer without {}Result", action));
  }

  std::string required(const char* path) const {
    std::string text = result_.first_element_by_path(path).child_value();
    if (text.empty()) throw std::invalid_argument(fmt::format("an answer without {}", path));
    return text;
  }

 private:
  pugi::xml_document document_;
  pugi::xml_node result_;
};

http::Request request_for(const Service& sts, const std::string& action, const Form& fields) {
  std::string body = "Action=" + action + "&Version=2011-06-15";
  for (const auto& [name, value] : fields) body += "&" + name + "=" + http::url_encode(value);
  http::Request request;
  request.method = "POST";
  request.url = sts.endpoint + "/";
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = http::text_body(std::move(body));
  request.follow_redirects = false;
  return request;
}

std::string ask(http::Client& client, const Service& sts, const std::string& action, const Form& fields,
                const Credentials* by) {
  http::Request request = request_for(sts, action, fields);
  // The web identity token is proof enough: that call is not signed.
  if (by != nullptr) request.aws_signature = signature(*by, sts.signing_name, sts.region);
  Response reply =
      send_with_retries(client, request, xml_refusal, fmt::format("{} in {}", sts.name, sts.region));
  if (reply.head.ok()) return std::move(reply.body);
  throw explain(xml_refusal(reply), {"sts:" + action, by == nullptr ? "" : by->source, sts.region,
                                     by == nullptr ? base::Secret() : by->session_token});
}

Form form_of(const Role& role, Time now) {
  Form form;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  form.emplace_back("RoleArn", role.arn);
  form.emplace_back("RoleSessionName",
                    role.session_name.empty() ? fmt::format("ixian-{}", seconds) : role.session_name);
  if (!role.external_id.empty()) form.emplace_back("ExternalId", role.external_id);
  if (role.duration_seconds) form.emplace_back("DurationSeconds", std::to_string(*role.duration_seconds));
  return form;
}

// What `parse` makes of the answer, with its complaint as a sentence.
template <typename Parse>
auto read_answer(const std::string& action, Parse parse) {
  try {
    return parse();
  } catch (const std::invalid_argument& error) {
    throw base::Error(
        base::ErrorCode::kRegistry,
        fmt::format("invalid answer from AWS STS to {}\nhint: check for a proxy in between", action),
        error.what());
  }
}

}  // namespace

Credentials parse_sts_credentials(std::string_view xml, const std::string& action) {
  const Answer answer(xml, action);
  Credentials credentials;
  credentials.access_key_id = base::Secret(answer.required("Credentials/AccessKeyId"));
  credentials.secret_access_key = base::Secret(answer.required("Credentials/SecretAccessKey"));
  credentials.session_token = base::Secret(answer.required("Credentials/SessionToken"));
  credentials.expires = parse_time(std::string_view(answer.required("Credentials/Expiration")));
  return credentials;
}

std::string parse_caller_identity(std::string_view xml) {
  return Answer(xml, "GetCallerIdentity").required("Arn");
}

Credentials assume_role(http::Client& client, const Service& sts, const Credentials& by, const Role& role) {
  const std::string xml = ask(client, sts, "AssumeRole", form_of(role, client.clock().now()), &by);
  Credentials credentials =
      read_answer("AssumeRole", [&] { return parse_sts_credentials(xml, "AssumeRole"); });
  credentials.source = fmt::format("the role {}, assumed with {}", role.arn, by.source);
  return credentials;
}

Credentials assume_role_with_web_identity(http::Client& client, const Service& sts, const Role& role,
                                          const base::Secret& token) {
  const std::string action = "AssumeRoleWithWebIdentity";
  Form form = form_of(role, client.clock().now());
  form.emplace_back("WebIdentityToken", token.reveal());
  const std::string xml = ask(client, sts, action, form, nullptr);
  base::wipe(form.back().second);
  Credentials credentials = read_answer(action, [&] { return parse_sts_credentials(xml, action); });
  credentials.source = fmt::format("the role {} by web identity", role.arn);
  return credentials;
}

std::string caller_identity(http::Client& client, CredentialSource& source, const std::string& region,
                            const ClientOptions& options, const Environment& environment) {
  const Service service = sts(region, options, environment);
  const Credentials by = source.find();
  const std::string xml = ask(client, service, "GetCallerIdentity", {}, &by);
  return read_answer("GetCallerIdentity", [&] { return parse_caller_identity(xml); });
}

}  // namespace ixian::aws
