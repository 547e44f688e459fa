#include "model/text.hpp"
#include "verify/report/report.hpp"

namespace envlock {
namespace {

/// A label's value in the text exposition format: backslash, quote and line end are escaped;
/// `printable` leaves none of the last, but shows other controls by backslashes.
std::string label(std::string_view text) {
  std::string out = "\"";
  for (const char c : printable(text, 1000)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

class Metrics {
 public:
  explicit Metrics(const std::string& prefix) : prefix_("prefix=" + label(prefix)) {}

  Metrics& gauge(const std::string& name, const std::string& help) {
    name_ = "envlock_verify_" + name;
    out_ += "# HELP " + name_ + ' ' + help + "\n# TYPE " + name_ + " gauge\n";
    return *this;
  }
  Metrics& value(const std::string& number, const std::string& labels = {}) {
    out_ += name_ + '{' + prefix_ + (labels.empty() ? "" : "," + labels) + "} " + number + '\n';
    return *this;
  }
  /// How the run ended: the same for one with a verdict and one without.
  Metrics& end(int exit_code, Instant ran_at) {
    gauge("success", "1 where the last run ended with exit code 0.")
        .value(exit_code == 0 ? "1" : "0");
    gauge("exit_code", "Of the last run; above 1 it came to no verdict.")
        .value(std::to_string(exit_code));
    gauge("last_run_timestamp_seconds", "When the last run was, in seconds since 1970.")
        .value(std::to_string(ran_at.ms / 1000));
    return *this;
  }
  std::string take() { return std::move(out_); }

 private:
  std::string prefix_, name_, out_;
};

}  // namespace

std::string prometheus_report(const VerifyReport& report, Instant ran_at) {
  const SeverityCounts counts = count_by_severity(report);
  std::uint64_t skipped = 0;
  for (const auto& [reason, count] : report.result.skipped) skipped += count;
  std::uint64_t accepted = 0;
  for (const AcceptanceUse& use : report.judged.acceptances)
    accepted += use.state == AcceptanceUse::State::applied ? 1U : 0U;
  Metrics metrics(report.place.empty() ? report.prefix : report.place);
  metrics.gauge("findings", "Findings of the last run, by severity; accepted ones not counted.")
      .value(std::to_string(counts.errors), "severity=\"error\"")
      .value(std::to_string(counts.warnings), "severity=\"warning\"")
      .value(std::to_string(counts.notes), "severity=\"note\"");
  metrics.gauge("accepted", "Findings that envlock.yml accepts.").value(std::to_string(accepted));
  metrics.gauge("skipped", "What could not be looked at.").value(std::to_string(skipped));
  std::uint64_t not_proved = 0;
  for (const auto& [what, count] : report.result.not_proved) not_proved += count;
  metrics.gauge("not_proved", "What was looked at and could not be proved: byte code, mostly.")
      .value(std::to_string(not_proved));
  metrics.gauge("files_checked", "Files of packages that were compared.")
      .value(std::to_string(report.result.files_checked));
  metrics.gauge("bytes_hashed", "Bytes that were hashed for it.")
      .value(std::to_string(report.result.bytes_hashed));
  return metrics.end(report.failed ? 1 : 0, ran_at).take();
}

std::string prometheus_failure(const FailedRun& run) {
  return Metrics(run.place.empty() ? run.prefix : run.place).end(run.exit_code, run.ran_at).take();
}

}  // namespace envlock
