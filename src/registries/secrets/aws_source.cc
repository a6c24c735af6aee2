// Secrets Manager and the Parameter Store, with the same search for credentials as ECR. The region of an ARN
// wins over the configured one: a secret is often shared between regions by its full name. What the services
// refuse is told by the names of their errors, which are stable; their sentences are not, and go along as
// context.
#include "secrets/aws_source.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "secrets/json_field.h"

namespace ixian::secrets {
namespace {

// What the service refused, in the words of who asked for a secret.
[[noreturn]] void fail_service(const aws::ServiceError& error, const std::string& what,
                               const std::string& region) {
  const std::string context = error.context().empty() ? error.message() : error.context();
  if (error.type == "ResourceNotFoundException" || error.type == "ParameterNotFound") {
    base::fail_registry(fmt::format("{} not found in {}\nhint: check its name and the region", what, region),
                        context);
  }
  if (error.type == "AccessDeniedException" || error.type == "AccessDenied") {
    base::fail_registry(
        fmt::format(
            "permission denied: cannot read the {} in {}\nhint: ask for access in its policy or its key's",
            what, region),
        context);
  }
  if (error.type == "DecryptionFailure") {
    base::fail_registry(
        fmt::format("AWS cannot decrypt the {} in {}\nhint: check that its key may be used", what, region),
        context);
  }
  if (error.type == "InvalidRequestException") {
    base::fail_registry(
        fmt::format("AWS did not return the {} in {}: it may be marked for deletion, or have no value yet",
                    what, region),
        context);
  }
  base::fail_registry(fmt::format("AWS did not return the {} in {}: {}", what, region, error.type), context);
}

}  // namespace

AwsSource::AwsSource(http::Client& client, aws::Environment environment)
    : client_(client), environment_(std::move(environment)), chain_(client, environment_, options("")) {}

aws::ClientOptions AwsSource::options(const std::string& endpoint_variable) const {
  aws::ClientOptions options;
  if (!endpoint_variable.empty())
    options.endpoint_url = environment_.variable(endpoint_variable).value_or("");
  if (options.endpoint_url.empty())
    options.endpoint_url = environment_.variable("AWS_ENDPOINT_URL").value_or("");
  return options;
}

// "arn:<partition>:<service>:<region>:<account>:…"
std::string AwsSource::region_of(const std::string& id) {
  const auto parts = base::split(id, ':');
  if (parts.size() >= 6 && parts[0] == "arn" && !parts[3].empty()) return std::string(parts[3]);
  if (const auto region = chain_.region()) return *region;
  base::fail_registry(
      "unknown AWS region\nhint: set AWS_REGION, or the region of your profile, or name the secret by its "
      "ARN");
}

base::Json AwsSource::call(const aws::Service& service, const std::string& action, const base::Json& input,
                           const std::string& what) {
  try {
    return aws::call(client_, chain_, service, action, input);
  } catch (const aws::ServiceError& error) {
    fail_service(error, what, service.region);
  }
}

base::Secret AwsSource::load_secret(const std::string& id, const std::string& field) {
  const std::string what = "secret " + id;
  const aws::Service service =
      aws::secrets_manager(region_of(id), options("AWS_ENDPOINT_URL_SECRETS_MANAGER"));
  WipedJson answer(call(service, "GetSecretValue", {{"SecretId", id}}, what));
  const auto text = answer.json.find("SecretString");
  if (text == answer.json.end() || !text->is_string()) {
    base::fail_registry(
        fmt::format("the {} in {} is binary\nhint: store it as a string", what, service.region));
  }
  if (field.empty()) {
    base::Secret whole(text->get<std::string>());
    if (whole.empty()) base::fail_registry(fmt::format("the {} in {} is empty", what, service.region));
    return whole;
  }
  try {
    WipedJson object(parse_secret_json(text->get_ref<std::string&>()));
    return take_field(object.json, field, "the " + what);
  } catch (const std::invalid_argument&) {
    base::fail_registry(
        fmt::format("the {} in {} is not JSON, so it has no field {}\nhint: leave out the #{}", what,
                    service.region, field, field));
  }
}

base::Secret AwsSource::load_parameter(const std::string& name) {
  const std::string what = "parameter " + name;
  const aws::Service service = aws::ssm(region_of(name), options("AWS_ENDPOINT_URL_SSM"));
  WipedJson answer(call(service, "GetParameter", {{"Name", name}, {"WithDecryption", true}}, what));
  const auto parameter = answer.json.find("Parameter");
  if (parameter != answer.json.end() && parameter->is_object() && parameter->contains("Value")) {
    const base::Json& value = (*parameter)["Value"];
    if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
      return base::Secret(value.get<std::string>());
    }
  }
  base::fail_registry(fmt::format("the {} in {} has no value", what, service.region));
}

}  // namespace ixian::secrets
