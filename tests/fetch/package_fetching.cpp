#include "tests/fetch/package_fetching.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>

#include "fetch/atomic_file.hpp"

namespace envlock::test {

std::string package_content(std::size_t bytes, unsigned seed) {
  std::string text(bytes, '\0');
  unsigned state = seed;
  for (char& c : text) {
    state = state * 1'103'515'245U + 12'345U;
    c = static_cast<char>(state >> 16U);
  }
  return text;
}

PackageRequest package_request(const std::string& bytes, const std::vector<std::string>& bases,
                               const std::string& name) {
  PackageRequest wanted{{sha256_of(bytes), bytes.size(), name}, {}};
  for (const std::string& base : bases)
    wanted.sources.push_back({base, Url::parse(base + "/linux-64/" + name).value()});
  return wanted;
}

std::string bytes_of(const FetchedPackage& package) {
  return envlock::read_file(package.found.file, std::size_t{1} << 30U);
}

LocalServer::Answer bare_status(int code) {
  LocalServer::Answer answer;
  answer.status = code;
  answer.body = "no";
  return answer;
}

LocalServer::Handler serve_one(std::string body, std::string etag) {
  return [body = std::move(body), etag = std::move(etag)](const LocalServer::Request& asked) {
    return file_answer(asked, body, etag);
  };
}

PackageFetching::PackageFetching() {
  http.user_agent = "envlock/test";
  settings.retry.first_delay = std::chrono::milliseconds(1);
}

std::vector<FetchedPackage> PackageFetching::fetch(const std::vector<PackageRequest>& wanted,
                                                   ProgressListener* progress) {
  const Cache cache(dir / "cache");
  PackageStore store(cache, {});
  HttpClient client(http);
  PackageFetcher fetcher({settings, store, client, nullptr, progress});
  try {
    auto fetched = fetcher.fetch(wanted, {});
    notices = fetcher.take_notices();
    return fetched;
  } catch (...) {
    notices = fetcher.take_notices();
    throw;
  }
}

std::string PackageFetching::failure(const std::vector<PackageRequest>& wanted) {
  try {
    fetch(wanted);
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what() + " | " +
           error.hint();
  }
  return "no failure";
}

void PackageFetching::leave_partial(const std::string& body, const std::string& validator,
                                    std::size_t bytes) {
  const LocalServer server([&](const LocalServer::Request& asked) {
    LocalServer::Answer answer = file_answer(asked, body, validator);
    answer.cut_after = bytes;
    return answer;
  });
  settings.retry.tries = 1;
  CHECK_THAT(failure({package_request(body, {server.url()})}), Catch::StartsWith("5: "));
  settings.retry.tries = 3;
}

std::vector<std::string> PackageFetching::cached_files() const {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(dir / "cache/packages"))
    files.push_back(entry.path().filename());
  std::ranges::sort(files);
  return files;
}

}  // namespace envlock::test
