// Descriptors: the one owner of each, and what a process does with those it starts with.
//
// Errors: what fails throws std::system_error that names the operation. Thread safe, but for
// reserve_standard_descriptors(), which is the first thing that a program does.
#pragma once

#include <cstddef>

namespace chat {

// A descriptor and its close().
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() noexcept;
  void reset() noexcept;

 private:
  int fd_ = -1;
};

// Whether a program that this one executes has descriptor `fd` as well.
void outlive_execution(int fd, bool outlives);

// Opens what is missing of descriptors 0, 1 and 2, for a program that is started with one of them
// closed: otherwise its socket would get that number, and be taken for standard input or output.
void reserve_standard_descriptors();

// A copy of this program's standard error. Empty where it is closed.
Descriptor standard_error();

// Raises the soft descriptor limit to the hard one, and says how many that is.
std::size_t raise_descriptor_limit();

}  // namespace chat
