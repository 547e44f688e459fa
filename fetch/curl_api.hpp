#pragma once

// Private to fetch/: the functions of libcurl that are used, found in the library at run time.

#ifndef CURL_DISABLE_TYPECHECK
#define CURL_DISABLE_TYPECHECK
#endif
#ifndef CURL_DISABLE_DEPRECATION  // CURLOPT_PROTOCOLS: its successor is unknown to libcurl 7.84
#define CURL_DISABLE_DEPRECATION
#endif
#include <curl/curl.h>

#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "model/error.hpp"
#include "model/secret.hpp"

namespace envlock {

struct CurlApi {
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_pause) easy_pause;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_multi_init) multi_init;
  decltype(&::curl_multi_cleanup) multi_cleanup;
  decltype(&::curl_multi_setopt) multi_setopt;
  decltype(&::curl_multi_add_handle) multi_add_handle;
  decltype(&::curl_multi_remove_handle) multi_remove_handle;
  decltype(&::curl_multi_perform) multi_perform;
  decltype(&::curl_multi_poll) multi_poll;
  decltype(&::curl_multi_wakeup) multi_wakeup;
  decltype(&::curl_multi_info_read) multi_info_read;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
  decltype(&::curl_url) url;
  decltype(&::curl_url_cleanup) url_cleanup;
  decltype(&::curl_url_get) url_get;
  decltype(&::curl_url_set) url_set;
  decltype(&::curl_free) free;
  decltype(&::curl_getdate) getdate;
};

/// Loads libcurl on the first call, once for the process, and keeps it loaded: its own global
/// state can be set up only once. Linking it would cost every start 8 ms (46 shared objects), also
/// those that need no network. @throws NetworkError where it is not installed or too old
const CurlApi& curl_api();

struct CurlEasyFree {
  void operator()(CURL* handle) const noexcept { curl_api().easy_cleanup(handle); }
};
struct CurlMultiFree {
  void operator()(CURLM* handle) const noexcept { curl_api().multi_cleanup(handle); }
};
struct CurlListFree {
  /// Header lines may hold secrets: they are overwritten before they go.
  void operator()(curl_slist* list) const noexcept {
    for (const curl_slist* line = list; line != nullptr; line = line->next)
      wipe(std::span<char>(line->data, std::strlen(line->data)));
    curl_api().slist_free_all(list);
  }
};
struct CurlUrlFree {
  void operator()(CURLU* url) const noexcept { curl_api().url_cleanup(url); }
};

using CurlEasy = std::unique_ptr<CURL, CurlEasyFree>;
using CurlMulti = std::unique_ptr<CURLM, CurlMultiFree>;
using CurlList = std::unique_ptr<curl_slist, CurlListFree>;
using CurlUrl = std::unique_ptr<CURLU, CurlUrlFree>;

/// @throws InternalError where libcurl refuses it
template <class Value>
void set_option(const CurlEasy& easy, CURLoption option, Value value) {
  if (curl_api().easy_setopt(easy.get(), option, value) != CURLE_OK)
    throw InternalError("libcurl refuses option " + std::to_string(option));
}

}  // namespace envlock
