// What only root can do to a file system: a small one of a test's own, and a file that is a mount
// point, as where a container is given a single file.
#pragma once

#include <sys/mount.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>

class Mounted {
 public:
  // A file system in `folder` with room for a few small files.
  static Mounted small_disk(const std::string& folder) {
    return Mounted(folder, ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=32k,mode=0700") == 0);
  }
  // The file `from` at the place of the file `to`.
  static Mounted bound(const std::string& from, const std::string& to) {
    return Mounted(to, ::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0);
  }

  ~Mounted() {
    if (mounted_) (void)::umount2(path_.c_str(), MNT_DETACH);
  }
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;

  // False where that is not to be had; it has been said.
  bool made() const { return mounted_; }

 private:
  Mounted(std::string path, bool mounted) : path_(std::move(path)), mounted_(mounted) {
    if (!mounted_) BOOST_TEST_MESSAGE("skipped: nothing can be mounted here");
  }

  const std::string path_;
  const bool mounted_;
};

// Leaves no byte free on the disk of this file, which it makes.
inline void fill_the_disk(const std::string& file) {
  std::ofstream filler(file);
  while (filler << std::string(512, 'x') << std::flush) {
  }
}
