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

constexpr base::DynamicLibrary kCurlLibrary("libcurl.so.4", "libcurl4", "HTTP needs");

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
#define IXIAN_CURL_FUNCTION(result, name, parameters, arguments) \
  IXIAN_LATE_FUNCTION(ixian::http::kCurlLibrary, result, name, parameters, arguments)

extern "C" {

IXIAN_CURL_FUNCTION(CURLcode, curl_global_init, (long flags), (flags))
IXIAN_CURL_FUNCTION(curl_version_info_data*, curl_version_info, (CURLversion age), (age))
IXIAN_CURL_FUNCTION(curl_slist*, curl_slist_append, (curl_slist * list, const char* text), (list, text))
IXIAN_CURL_FUNCTION(void, curl_slist_free_all, (curl_slist * list), (list))

IXIAN_CURL_FUNCTION(CURL*, curl_easy_init, (), ())
IXIAN_CURL_FUNCTION(void, curl_easy_cleanup, (CURL * easy), (easy))
IXIAN_CURL_FUNCTION(void, curl_easy_reset, (CURL * easy), (easy))
IXIAN_CURL_FUNCTION(CURLcode, curl_easy_pause, (CURL * easy, int what), (easy, what))
IXIAN_CURL_FUNCTION(const char*, curl_easy_strerror, (CURLcode code), (code))
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

IXIAN_CURL_FUNCTION(CURLM*, curl_multi_init, (), ())
IXIAN_CURL_FUNCTION(CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi))
IXIAN_CURL_FUNCTION(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL* easy), (multi, easy))
IXIAN_CURL_FUNCTION(CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL* easy), (multi, easy))
IXIAN_CURL_FUNCTION(CURLMcode, curl_multi_perform, (CURLM * multi, int* running), (multi, running))
IXIAN_CURL_FUNCTION(CURLMcode, curl_multi_poll,
                    (CURLM * multi, curl_waitfd extra[], unsigned count, int timeout, int* ready),
                    (multi, extra, count, timeout, ready))
IXIAN_CURL_FUNCTION(CURLMsg*, curl_multi_info_read, (CURLM * multi, int* left), (multi, left))
CURLMcode(curl_multi_setopt)(CURLM* multi, CURLMoption option, ...) {
  IXIAN_CURL(curl_multi_setopt);
  va_list rest;
  va_start(rest, option);
  void* const value = va_arg(rest, void*);
  va_end(rest);
  return (real)(multi, option, value);
}

}  // extern "C"
