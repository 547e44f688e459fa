#include "model/time.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"

namespace envlock::test {

TEST_CASE("parse_instant: RFC 3339 times, with 'date -u -d' as the judge", "[model]") {
  // Each second count is what `date -u -d TEXT +%s` prints.
  CHECK(parse_instant("1970-01-01T00:00:00Z")->ms == 0);
  CHECK(parse_instant("2026-01-31T12:00:00Z")->ms == 1769860800000);
  CHECK(parse_instant("2024-02-29T23:59:59Z")->ms == 1709251199000);
  CHECK(parse_instant("1985-04-12T23:20:50.52Z")->ms == 482196050520);         // RFC 3339, 5.8
  CHECK(parse_instant("1996-12-19T16:39:57-08:00")->ms == 851042397000);       // RFC 3339, 5.8
  CHECK(parse_instant("1937-01-01T12:00:27.87+00:20")->ms == -1041337172130);  // RFC 3339, 5.8
  CHECK(parse_instant("2026-01-31t12:00:00z")->ms == 1769860800000);
  CHECK(parse_instant("2026-01-31 12:00:00")->ms == 1769860800000);
  CHECK(parse_instant("2026-01-31T12:00:00.1239Z")->ms == 1769860800123);
}

TEST_CASE("parse_instant: a date is the end of that day in UTC", "[model]") {
  CHECK(parse_instant("2026-01-31") == parse_instant("2026-02-01T00:00:00Z"));
  CHECK(parse_instant("2025-12-31") == parse_instant("2026-01-01T00:00:00Z"));
  CHECK(parse_instant("2024-02-28") == parse_instant("2024-02-29T00:00:00Z"));
}

TEST_CASE("parse_instant: bare digits are seconds since 1970", "[model]") {
  CHECK(parse_instant("0")->ms == 0);
  CHECK(parse_instant("1769860800") == parse_instant("2026-01-31T12:00:00Z"));
  CHECK(parse_instant("253402300799")->to_string() == "9999-12-31T23:59:59Z");
}

TEST_CASE("parse_instant: what is no moment is refused", "[model]") {
  for (const char* text : {"",
                           " ",
                           "yesterday",
                           "2026-02-30",
                           "2025-02-29",
                           "2026-13-01",
                           "2026-00-10",
                           "2026-1-1",
                           "2026-01-31T24:00:00Z",
                           "2026-01-31T12:60:00Z",
                           "2026-01-31T12:00:60Z",
                           "2026-01-31T12:00Z",
                           "2026-01-31T12:00:00.Z",
                           "2026-01-31T12:00:00+0100",
                           "2026-01-31T12:00:00Zx",
                           "2026-01-31T",
                           "20260131T120000Z",
                           "253402300800",
                           "99999999999999999999999",
                           "-1",
                           "9999-12-31",
                           " 2026-01-31",
                           "0000-01-01T00:00:00+00:01"})
    CHECK_FALSE(parse_instant(text));
}

TEST_CASE("Instant: printing and parsing are inverse", "[model]") {
  for (std::int64_t ms = -62'000'000'000'000; ms < 253'402'300'799'000; ms += 98'765'432'101) {
    const Instant instant{ms};
    CHECK(parse_instant(instant.to_string()) == instant);
  }
  CHECK(Instant{1}.to_string() == "1970-01-01T00:00:00.001Z");
  CHECK(Instant{-1}.to_string() == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("parse_exclude_newer: ages in all forms of CF 6.5", "[model]") {
  const Instant now = *parse_instant("2026-01-31T12:00:00Z");
  const auto seconds_before = [&](const char* text) {
    return (now.ms - parse_exclude_newer(text, now).cutoff.ms) / 1000;
  };
  CHECK(seconds_before("0") == 0);
  CHECK(seconds_before("3600") == 3600);
  CHECK(seconds_before("20260131") == 20260131);  // eight digits are seconds, not a date
  CHECK(seconds_before("7d") == 604800);
  CHECK(seconds_before("7 days") == 604800);
  CHECK(seconds_before("1 day 12 hours") == 129600);
  CHECK(seconds_before("2w3d4h5m6s") == 1483506);
  CHECK(seconds_before("P7D") == 604800);
  CHECK(seconds_before("P2W") == 1209600);
  CHECK(seconds_before("P1DT12H") == 129600);
  CHECK(seconds_before("PT90M") == 5400);
}

TEST_CASE("parse_exclude_newer: a moment does not depend on now", "[model]") {
  const auto parsed = parse_exclude_newer(" 2026-01-31 ", Instant{12345});
  CHECK(parsed.cutoff == *parse_instant("2026-02-01T00:00:00Z"));
  CHECK(parsed.asked == "2026-01-31");
}

TEST_CASE("parse_exclude_newer: other text is refused and the forms are named", "[model]") {
  const Instant now{1769860800000};
  for (const char* text : {"",
                           "d7",
                           "7x",
                           "3d2w",
                           "1d1d",
                           "P",
                           "PT",
                           "P1DT",
                           "P1M",
                           "P1Y",
                           "PT1D",
                           "P1H",
                           "1.5d",
                           "-7d",
                           "99999999999999d",
                           "99999999999999999999",
                           "7d!",
                           "7d 5",
                           "1970-02-30",
                           "tomorrow"}) {
    INFO(text);
    REQUIRE_THROWS_AS(parse_exclude_newer(text, now), InputError);
  }
  try {
    parse_exclude_newer("soon", now);
    FAIL();
  } catch (const InputError& error) {
    CHECK_THAT(error.what(), Catch::Contains("'soon'"));
    CHECK_THAT(error.hint(), Catch::Contains("7d") && Catch::Contains("2026-01-31"));
  }
}

TEST_CASE("timestamp_to_ms: seconds and milliseconds are told apart at year 9999", "[model]") {
  CHECK(timestamp_to_ms(1769860800) == 1769860800000);
  CHECK(timestamp_to_ms(1769860800123) == 1769860800123);
  CHECK(timestamp_to_ms(253402300799) == 253402300799000);
  CHECK(timestamp_to_ms(253402300800) == 253402300800);
  CHECK(timestamp_to_ms(0) == 0);
  CHECK(Instant{timestamp_to_ms(INT64_MAX)}.to_string() == "9999-12-31T23:59:59.999Z");
  CHECK(Instant{timestamp_to_ms(INT64_MIN)}.to_string() == "0000-01-01T00:00:00Z");
}

}  // namespace envlock::test
