// What was measured, and the tables made of it. Figures of one machine at one time say little;
// ratios between systems measured right after one another say more. So the ratios are made within
// each run, and the median of the runs is shown.
#pragma once

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace bench {

// One system under one load in one run.
struct Figures {
  int run = 0;
  std::string system;
  std::size_t members = 0;
  std::size_t under_way = 0;  // lines; kBurstLines: said by one member in one go
  double rate = 0;            // delivered lines per second
  double cpu_us = 0;          // of the server for each delivered line
  double p50_us = 0;          // see Talk::latency
  double p99_us = 0;
  double max_us = 0;
};

// What it took to let everyone in, and to hold them.
struct Crowd {
  int run = 0;
  std::string system;
  std::size_t members = 0;
  double seconds = 0;
  double server_cpu_s = 0;
  double kib_per_member = 0;  // resident, after the load
};

struct Report {
  std::vector<std::string> systems;  // in the order of the tables; the first two are compared most
  std::vector<Figures> figures;
  std::vector<Crowd> crowds;
  std::vector<std::string> notes;
  int runs = 0;

  // The median of the runs; none where nothing was measured.
  std::optional<double> median(const std::string& system, std::size_t members,
                               std::size_t under_way, double Figures::*figure) const;
  std::optional<double> median(const std::string& system, std::size_t members,
                               double Crowd::*figure) const;
  // The same of `system` divided by `other`.
  std::optional<double> ratio(const std::string& system, const std::string& other,
                              std::size_t members, std::size_t under_way,
                              double Figures::*figure) const;
  // All numbers of members that were measured with so many lines under way.
  std::vector<std::size_t> sizes(std::size_t under_way) const;
};

// As Markdown that is readable as text.
void print_report(std::ostream& out, const Report& report);

// An SVG of delivered lines per second and CPU time for each, over the number of members.
void draw(std::ostream& out, const Report& report, std::size_t under_way);

}  // namespace bench
