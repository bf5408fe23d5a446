#include "tests/bench/report.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iomanip>
#include <set>
#include <sstream>
#include <thread>

#include "tests/bench/load.hpp"

namespace bench {
namespace {

using Row = std::vector<std::string>;

const std::string kRoom = "room";

std::optional<double> median_of(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string decimal(std::optional<double> value, int digits) {
  if (!value) return "";
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << *value;
  return text.str();
}

std::string times(std::optional<double> ratio) {
  return ratio ? decimal(ratio, *ratio < 10 ? 2 : 1) + " x" : "";
}

// 1234567 as 1,234,567.
std::string grouped(std::string digits) {
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string whole(std::optional<double> value) { return grouped(decimal(value, 0)); }
std::string whole(std::size_t value) { return grouped(std::to_string(value)); }

// The first row is the heading. Numbers stand to the right.
void print_table(std::ostream& out, const std::vector<Row>& rows, std::size_t text_columns) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << "| " << (i < text_columns ? std::left : std::right)
          << std::setw(static_cast<int>(widths[i])) << row[i] << ' ';
    }
    out << "|\n";
    if (&row != &rows.front()) continue;
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << '|' << std::string(widths[i] + 1, '-') << (i < text_columns ? '-' : ':');
    }
    out << "|\n";
  }
  out << '\n';
}

std::string lines_under_way(std::size_t count) {
  if (count == kBurstLines) return "a burst of " + whole(count) + " lines";
  return count == 1 ? "a lone line" : std::to_string(count) + " lines under way";
}

void print_ratios(std::ostream& out, const Report& report) {
  struct Measure {
    const char* name;
    std::size_t under_way;
    double Figures::*figure;
  };
  constexpr std::array<Measure, 9> kMeasures{{
      {"delivered lines/s", 64, &Figures::rate},
      {"CPU per delivered line", 64, &Figures::cpu_us},
      {"latency, p99", 64, &Figures::p99_us},
      {"delivered lines/s", 1, &Figures::rate},
      {"CPU per delivered line", 1, &Figures::cpu_us},
      {"latency, p50", 1, &Figures::p50_us},
      {"latency, p99", 1, &Figures::p99_us},
      {"until all have all, p50", kBurstLines, &Figures::p50_us},
      {"CPU per delivered line", kBurstLines, &Figures::cpu_us},
  }};
  std::vector<Row> rows{{"the room compared", "load", "members"}};
  for (const std::string& system : report.systems) {
    if (system != kRoom) rows.front().push_back("to " + system);
  }
  for (const Measure& measure : kMeasures) {
    for (const std::size_t members : report.sizes(measure.under_way)) {
      Row row{measure.name, lines_under_way(measure.under_way), whole(members)};
      for (const std::string& system : report.systems) {
        if (system == kRoom) continue;
        row.push_back(
            times(report.ratio(kRoom, system, members, measure.under_way, measure.figure)));
      }
      rows.push_back(row);
    }
  }
  print_table(out, rows, 2);
}

void print_figures(std::ostream& out, const Report& report) {
  std::vector<Row> rows{{"system", "load", "members", "delivered lines/s", "CPU us/line", "p50 us",
                         "p99 us", "max us"}};
  for (const std::size_t under_way : {std::size_t{64}, std::size_t{1}, kBurstLines}) {
    for (const std::size_t members : report.sizes(under_way)) {
      for (const std::string& system : report.systems) {
        const auto figure = [&](double Figures::*which) {
          return report.median(system, members, under_way, which);
        };
        if (!figure(&Figures::rate)) continue;
        rows.push_back({system, lines_under_way(under_way), whole(members),
                        whole(figure(&Figures::rate)), decimal(figure(&Figures::cpu_us), 3),
                        whole(figure(&Figures::p50_us)), whole(figure(&Figures::p99_us)),
                        whole(figure(&Figures::max_us))});
      }
    }
  }
  print_table(out, rows, 2);
}

void print_crowds(std::ostream& out, const Report& report) {
  std::vector<Row> rows{{"system", "members", "all in, s", "server CPU s", "KiB/member"}};
  std::set<std::size_t> sizes;
  for (const Crowd& crowd : report.crowds) sizes.insert(crowd.members);
  for (const std::size_t members : sizes) {
    for (const std::string& system : report.systems) {
      const auto figure = [&](double Crowd::*which) {
        return report.median(system, members, which);
      };
      if (!figure(&Crowd::seconds) || members < 1000) continue;
      rows.push_back({system, whole(members), decimal(figure(&Crowd::seconds), 2),
                      decimal(figure(&Crowd::server_cpu_s), 2),
                      decimal(figure(&Crowd::kib_per_member), 1)});
    }
  }
  if (rows.size() > 1) print_table(out, rows, 1);
}

}  // namespace

std::optional<double> Report::median(const std::string& system, std::size_t members,
                                     std::size_t under_way, double Figures::*figure) const {
  std::vector<double> values;
  for (const Figures& f : figures) {
    if (f.system == system && f.members == members && f.under_way == under_way) {
      values.push_back(f.*figure);
    }
  }
  return median_of(values);
}

std::optional<double> Report::median(const std::string& system, std::size_t members,
                                     double Crowd::*figure) const {
  std::vector<double> values;
  for (const Crowd& crowd : crowds) {
    if (crowd.system == system && crowd.members == members) values.push_back(crowd.*figure);
  }
  return median_of(values);
}

std::optional<double> Report::ratio(const std::string& system, const std::string& other,
                                    std::size_t members, std::size_t under_way,
                                    double Figures::*figure) const {
  std::vector<double> values;
  for (const Figures& a : figures) {
    if (a.system != system || a.members != members || a.under_way != under_way) continue;
    for (const Figures& b : figures) {
      if (b.run == a.run && b.system == other && b.members == members && b.under_way == under_way &&
          b.*figure > 0) {
        values.push_back(a.*figure / (b.*figure));
      }
    }
  }
  return median_of(values);
}

std::vector<std::size_t> Report::sizes(std::size_t under_way) const {
  std::set<std::size_t> sizes;
  for (const Figures& f : figures) {
    if (f.under_way == under_way) sizes.insert(f.members);
  }
  return {sizes.begin(), sizes.end()};
}

void print_report(std::ostream& out, const Report& report) {
  utsname kernel{};
  (void)::uname(&kernel);  // it fails for a bad address only
  out << "Median of " << report.runs << (report.runs == 1 ? " run" : " runs") << "; "
      << std::thread::hardware_concurrency() << " CPUs, shared with the load generator; "
      << kernel.sysname << ' ' << kernel.release << "; lines of 64 bytes, up to 100 talk.\n\n";
  const auto has_room = std::count(report.systems.begin(), report.systems.end(), kRoom) > 0;
  if (has_room && report.systems.size() > 1) print_ratios(out, report);
  print_figures(out, report);
  if (!report.sizes(kBurstLines).empty()) {
    out << "A burst: one member says all lines in one go; p50, p99 and max are of the time until "
           "the last member has the last line.\n\n";
  }
  print_crowds(out, report);
  for (const std::string& note : report.notes) out << "- " << note << '\n';
}

}  // namespace bench
