#include "fetch/curl_api.hpp"

#include <dlfcn.h>

#include "model/error.hpp"

namespace envlock {

namespace {

constexpr const char* hint = "install libcurl 7.68 or later (Debian: apt-get install libcurl4)";

template <class Function>
void find(void* library, const char* name, Function& function) {
  void* const symbol = ::dlsym(library, name);
  if (symbol == nullptr)
    throw NetworkError(std::string("libcurl is too old: it has no ") + name, hint);
  function = reinterpret_cast<Function>(symbol);  // NOLINT: what dlsym is made for (POSIX)
}

CurlApi load() {
  void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  // Debian's second build of the same library, where only that one is installed.
  if (library == nullptr) library = ::dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw NetworkError("libcurl.so.4, which is needed for the network, cannot be loaded", hint);
  CurlApi api{};
  find(library, "curl_global_init", api.global_init);
  find(library, "curl_easy_init", api.easy_init);
  find(library, "curl_easy_cleanup", api.easy_cleanup);
  find(library, "curl_easy_setopt", api.easy_setopt);
  find(library, "curl_easy_pause", api.easy_pause);
  find(library, "curl_easy_strerror", api.easy_strerror);
  find(library, "curl_multi_init", api.multi_init);
  find(library, "curl_multi_cleanup", api.multi_cleanup);
  find(library, "curl_multi_setopt", api.multi_setopt);
  find(library, "curl_multi_add_handle", api.multi_add_handle);
  find(library, "curl_multi_remove_handle", api.multi_remove_handle);
  find(library, "curl_multi_perform", api.multi_perform);
  find(library, "curl_multi_poll", api.multi_poll);
  find(library, "curl_multi_wakeup", api.multi_wakeup);
  find(library, "curl_multi_info_read", api.multi_info_read);
  find(library, "curl_slist_append", api.slist_append);
  find(library, "curl_slist_free_all", api.slist_free_all);
  find(library, "curl_url", api.url);
  find(library, "curl_url_cleanup", api.url_cleanup);
  find(library, "curl_url_get", api.url_get);
  find(library, "curl_url_set", api.url_set);
  find(library, "curl_free", api.free);
  find(library, "curl_getdate", api.getdate);
  if (api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    throw NetworkError("libcurl cannot be set up", hint);
  return api;
}

}  // namespace

const CurlApi& curl_api() {
  static const CurlApi api = load();
  return api;
}

}  // namespace envlock
