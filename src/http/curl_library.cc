// libcurl, loaded when it is first used: it brings thirty libraries (LDAP, Kerberos, RTMP and what they
// need), which take 4 ms of each start of ix, and most runs of ix speak to nobody.
//
// These are the functions of libcurl that this folder calls, under their own names; what is not here cannot
// be linked.
#include <curl/curl.h>

#include <cstdarg>

#include "base/late_library.h"

namespace ixian::http {
namespace {

constexpr base::LateLibrary kCurlLibrary("libcurl.so.4", "libcurl4", "HTTP needs");

// An option is a long, a curl_off_t or a pointer: on the machines that ix is built for each of them has 64
// bits and travels like the others.
static_assert(sizeof(long) == sizeof(void*) && sizeof(curl_off_t) == sizeof(void*));

}  // namespace
}  // namespace ixian::http

// libcurl declares its options so: enumerations, of which a promotion leaves what they are.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wvarargs"
#endif

#define IXIAN_CURL(name) IXIAN_LATE(ixian::http::kCurlLibrary, name)

extern "C" {

CURLcode(curl_global_init)(long flags) {
  IXIAN_CURL(curl_global_init);
  return real(flags);
}
curl_version_info_data*(curl_version_info)(CURLversion age) {
  IXIAN_CURL(curl_version_info);
  return real(age);
}
curl_slist*(curl_slist_append)(curl_slist* list, const char* text) {
  IXIAN_CURL(curl_slist_append);
  return real(list, text);
}
void(curl_slist_free_all)(curl_slist* list) {
  IXIAN_CURL(curl_slist_free_all);
  real(list);
}

CURL*(curl_easy_init)() {
  IXIAN_CURL(curl_easy_init);
  return real();
}
void(curl_easy_cleanup)(CURL* easy) {
  IXIAN_CURL(curl_easy_cleanup);
  real(easy);
}
void(curl_easy_reset)(CURL* easy) {
  IXIAN_CURL(curl_easy_reset);
  real(easy);
}
CURLcode(curl_easy_pause)(CURL* easy, int what) {
  IXIAN_CURL(curl_easy_pause);
  return real(easy, what);
}
const char*(curl_easy_strerror)(CURLcode code) {
  IXIAN_CURL(curl_easy_strerror);
  return real(code);
}
CURLcode(curl_easy_setopt)(CURL* easy, CURLoption option, ...) {
  IXIAN_CURL(curl_easy_setopt);
  va_list rest;
  va_start(rest, option);
  void* const value = va_arg(rest, void*);
  va_end(rest);
  return (real)(easy, option, value);
}
CURLcode(curl_easy_getinfo)(CURL* easy, CURLINFO info, ...) {
  IXIAN_CURL(curl_easy_getinfo);
  va_list rest;
  va_start(rest, info);
  void* const value = va_arg(rest, void*);
  va_end(rest);
  return (real)(easy, info, value);
}

CURLM*(curl_multi_init)() {
  IXIAN_CURL(curl_multi_init);
  return real();
}
CURLMcode(curl_multi_cleanup)(CURLM* multi) {
  IXIAN_CURL(curl_multi_cleanup);
  return real(multi);
}
CURLMcode(curl_multi_add_handle)(CURLM* multi, CURL* easy) {
  IXIAN_CURL(curl_multi_add_handle);
  return real(multi, easy);
}
CURLMcode(curl_multi_remove_handle)(CURLM* multi, CURL* easy) {
  IXIAN_CURL(curl_multi_remove_handle);
  return real(multi, easy);
}
CURLMcode(curl_multi_perform)(CURLM* multi, int* running) {
  IXIAN_CURL(curl_multi_perform);
  return real(multi, running);
}
CURLMcode(curl_multi_poll)(CURLM* multi, curl_waitfd extra[], unsigned count, int timeout, int* ready) {
  IXIAN_CURL(curl_multi_poll);
  return real(multi, extra, count, timeout, ready);
}
CURLMsg*(curl_multi_info_read)(CURLM* multi, int* left) {
  IXIAN_CURL(curl_multi_info_read);
  return real(multi, left);
}
CURLMcode(curl_multi_setopt)(CURLM* multi, CURLMoption option, ...) {
  IXIAN_CURL(curl_multi_setopt);
  va_list rest;
  va_start(rest, option);
  void* const value = va_arg(rest, void*);
  va_end(rest);
  return (real)(multi, option, value);
}

}  // extern "C"
