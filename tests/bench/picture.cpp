// The picture of a report. The greys and the colours are dark enough for a white page and bright
// enough for a black one: it has no background of its own.
#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/bench/report.hpp"

namespace bench {
namespace {

constexpr double kWidth = 860;
constexpr double kHeight = 330;
constexpr double kPanelWidth = 290;
constexpr double kPanelTop = 48;
constexpr double kPanelHeight = 230;
constexpr double kLabelStep = 15;  // no two labels closer than this

constexpr const char* kGrey = "#7a7f87";
constexpr const char* kColours[] = {"#7a7f87", "#2f7fe0", "#d9534a", "#a9780a", "#3d9a4f"};

struct Point {
  double members;
  double value;
};

struct Series {
  std::string name;
  std::string colour;
  bool is_room;
  std::vector<Point> points;
};

// Both axes are logarithmic: equal ratios are equal distances.
class Panel {
 public:
  Panel(std::ostream& out, double left, std::string title, std::vector<Series> series)
      : out_(out), left_(left), title_(std::move(title)), series_(std::move(series)) {
    bool first = true;
    for (const Series& s : series_) {
      for (const Point& p : s.points) {
        min_x_ = first ? p.members : std::min(min_x_, p.members);
        max_x_ = first ? p.members : std::max(max_x_, p.members);
        min_y_ = first ? p.value : std::min(min_y_, p.value);
        max_y_ = first ? p.value : std::max(max_y_, p.value);
        first = false;
      }
    }
    min_y_ /= 1.15;
    max_y_ *= 1.15;
  }

  void draw() {
    text(left_, kPanelTop - 18, "start", kGrey, title_, "font-weight=\"bold\"");
    draw_grid();
    for (const Series& s : series_) draw_series(s);
    draw_labels();
  }

 private:
  double x(double members) const {
    if (max_x_ <= min_x_) return left_ + kPanelWidth / 2;
    return left_ + kPanelWidth * std::log(members / min_x_) / std::log(max_x_ / min_x_);
  }
  double y(double value) const {
    return kPanelTop + kPanelHeight * (1 - std::log(value / min_y_) / std::log(max_y_ / min_y_));
  }

  void text(double at_x, double at_y, const char* anchor, const std::string& colour,
            const std::string& what, const char* more = "") {
    out_ << "<text x=\"" << at_x << "\" y=\"" << at_y << "\" text-anchor=\"" << anchor
         << "\" fill=\"" << colour << "\" " << more << ">" << what << "</text>\n";
  }

  void line(double x1, double y1, double x2, double y2, const char* more) {
    out_ << "<line x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2
         << "\" stroke=\"" << kGrey << "\" " << more << "/>\n";
  }

  static std::string number(double value) {
    std::ostringstream text;
    if (value >= 1e6) {
      text << value / 1e6 << " M";
    } else if (value >= 10'000) {
      text << value / 1e3 << " k";
    } else {
      text << value;
    }
    return text.str();
  }

  void draw_grid() {
    const double bottom = kPanelTop + kPanelHeight;
    for (double power = 1e-3; power < 1e9; power *= 10) {
      for (const double step : {1.0, 2.0, 5.0}) {
        const double value = power * step;
        if (value < min_y_ || value > max_y_) continue;
        line(left_, y(value), left_ + kPanelWidth, y(value), "stroke-opacity=\"0.25\"");
        text(left_ - 6, y(value) + 4, "end", kGrey, number(value));
      }
      if (power < min_x_ || power > max_x_) continue;
      line(x(power), bottom, x(power), bottom + 4, "");
      std::string members = std::to_string(static_cast<long>(power));
      if (members.size() > 3) members.insert(members.size() - 3, ",");
      text(x(power), bottom + 18, "middle", kGrey, members);
    }
    line(left_, bottom, left_ + kPanelWidth, bottom, "");
    text(left_ + kPanelWidth / 2, bottom + 38, "middle", kGrey, "members");
  }

  void draw_series(const Series& s) {
    const char* const width = s.is_room ? "3" : "1.8";
    out_ << "<polyline fill=\"none\" stroke=\"" << s.colour << "\" stroke-width=\"" << width
         << "\" points=\"";
    for (const Point& p : s.points) out_ << x(p.members) << ',' << y(p.value) << ' ';
    out_ << "\"/>\n";
    for (const Point& p : s.points) {
      out_ << "<circle cx=\"" << x(p.members) << "\" cy=\"" << y(p.value) << "\" r=\""
           << (s.is_room ? "4" : "3") << "\" fill=\"" << s.colour << "\"/>\n";
    }
  }

  // At the right end of each line, pushed apart where they would cover each other.
  void draw_labels() {
    struct Label {
      double x, y;
      const Series* series;
    };
    std::vector<Label> labels;
    for (const Series& s : series_) {
      labels.push_back({x(s.points.back().members) + 9, y(s.points.back().value) + 4, &s});
    }
    std::sort(labels.begin(), labels.end(),
              [](const Label& a, const Label& b) { return a.y < b.y; });
    for (std::size_t i = 0; i < labels.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (labels[i].x == labels[j].x)
          labels[i].y = std::max(labels[i].y, labels[j].y + kLabelStep);
      }
      const Series& s = *labels[i].series;
      text(labels[i].x, labels[i].y, "start", s.colour, s.name,
           s.is_room ? "font-weight=\"bold\"" : "");
    }
  }

  std::ostream& out_;
  const double left_;
  const std::string title_;
  const std::vector<Series> series_;
  double min_x_ = 1;
  double max_x_ = 1;
  double min_y_ = 1;
  double max_y_ = 1;
};

std::vector<Series> series_of(const Report& report, std::size_t under_way,
                              double Figures::*figure) {
  std::vector<Series> all;
  for (std::size_t i = 0; i < report.systems.size(); ++i) {
    const std::string& system = report.systems[i];
    Series series{system, kColours[i % std::size(kColours)], system == "room", {}};
    for (const std::size_t members : report.sizes(under_way)) {
      const auto value = report.median(system, members, under_way, figure);
      if (value && *value > 0) series.points.push_back({static_cast<double>(members), *value});
    }
    if (!series.points.empty()) all.push_back(std::move(series));
  }
  return all;
}

}  // namespace

void draw(std::ostream& out, const Report& report, std::size_t under_way) {
  out << std::fixed << std::setprecision(1);
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << kWidth << "\" height=\"" << kHeight
      << "\" viewBox=\"0 0 " << kWidth << ' ' << kHeight
      << "\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\n"
      << "<title>Delivered lines per second, and CPU time for each, by number of members</title>\n";
  Panel(out, 60, "delivered lines per second", series_of(report, under_way, &Figures::rate)).draw();
  Panel(out, 490, "server CPU for each, microseconds",
        series_of(report, under_way, &Figures::cpu_us))
      .draw();
  out << "</svg>\n";
}

}  // namespace bench
