#include "tests/solver/question.hpp"

#include <stdexcept>

namespace envlock::test {

std::shared_ptr<const Index> index_of(const std::string& json, const std::string& subdir) {
  IndexBuilder::Options options;
  options.subdir = subdir;
  options.source_name = "test/" + subdir;
  IndexBuilder builder(std::move(options));
  builder.feed(std::as_bytes(std::span(json.data(), json.size())));
  auto bytes = std::make_shared<const std::vector<std::byte>>(builder.finish());
  std::shared_ptr<const Index> index = Index::open(*bytes, bytes, true);
  if (!index) throw std::logic_error("the index builder made an index that cannot be opened");
  return index;
}

Question::Question()
    : question{*Platform::parse("linux-64"),
               {},
               {},
               {},
               ChannelPriority::strict,
               {},
               {},
               false,
               {},
               {},
               {},
               {},
               {},
               {}} {
  question.channel_names.alias = "https://example.org";
  question.channel_names.base_dir = "/";
}

Question& Question::channel(const std::string& name, const std::vector<PackageBuilder>& linux_64,
                            const std::vector<PackageBuilder>& noarch) {
  SolverChannel channel{{name, *Url::parse("https://example.org/" + name), {}}, {}, {}, false, {}};
  const auto add = [&](const std::string& subdir, const std::vector<PackageBuilder>& packages) {
    RepodataBuilder repodata(subdir);
    for (const PackageBuilder& package : packages) repodata.add(package);
    channel.subdirs.push_back(index_of(repodata.json(), subdir));
    channel.subdir_urls.push_back(channel.channel.url.join(subdir));
  };
  add("linux-64", linux_64);
  add("noarch", noarch);
  question.channels.push_back(std::move(channel));
  return *this;
}

Question& Question::request(const std::string& spec) {
  question.requests.push_back({spec, {"environment.yml", ++lines_, 1}});
  return *this;
}

Question& Question::virtual_package(const std::string& name, const std::string& version,
                                    const std::string& build) {
  question.virtual_packages.push_back({name, version, build});
  return *this;
}

PackageRecord Question::record(const std::string& fn) const {
  for (const FoundRecord& found : search("*", question))
    if (found.record.fn == fn) return found.record;
  throw std::logic_error("no record " + fn);
}

std::vector<std::string> names_of(const Solution& solution) {
  std::vector<std::string> names;
  for (const SolvedPackage& package : solution.packages)
    names.push_back(package.record.name + "=" + package.record.version + "=" +
                    package.record.build);
  return names;
}

std::string version_of(const Solution& solution, std::string_view name) {
  for (const SolvedPackage& package : solution.packages)
    if (package.record.name == name)
      return package.record.name + "=" + package.record.version + "=" + package.record.build;
  return "";
}

const SolveNotice* find_notice(const Solution& solution, std::string_view id) {
  for (const SolveNotice& notice : solution.notices)
    if (notice.id == id) return &notice;
  return nullptr;
}

}  // namespace envlock::test
