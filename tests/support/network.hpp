// Two machines and a link between them, for tests of what loopback cannot show: a cable that is
// pulled, addresses of strangers. They are network namespaces, which it takes root to make.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "chat/base/descriptor.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/threads.hpp"

class Network {
 public:
  static constexpr const char* kNearAddress = "192.0.2.1";
  static constexpr const char* kFarAddress = "192.0.2.2";
  static constexpr const char* kOtherFarAddress = "192.0.2.3";
  static constexpr const char* kNearAddress6 = "2001:db8::1";
  static constexpr int kFarNetworks6 = 40;  // /64 networks of one /48
  static std::string far_address6(int network) {
    return "2001:db8:0:" + std::to_string(network + 1) + "::2";
  }

  Network() {
    made_ = ip("netns add " + near_) && ip("netns add " + far_) &&
            ip("-n " + near_ + " link add near0 type veth peer name far0 netns " + far_) &&
            give(near_, "near0", kNearAddress) && give(far_, "far0", kFarAddress) &&
            give(far_, "far0", kOtherFarAddress) && give6(near_, "near0", kNearAddress6) &&
            up(near_, "lo") && up(near_, "near0") && up(far_, "far0");
    for (int i = 0; made_ && i < kFarNetworks6; ++i) made_ = give6(far_, "far0", far_address6(i));
    if (!made_) BOOST_TEST_MESSAGE("skipped: network namespaces cannot be made here");
  }
  ~Network() {
    for (const auto& name : {near_, far_}) (void)ip("netns delete " + name);
  }
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // False where that is not to be had; it has been said.
  bool made() const { return made_; }
  const std::string& near() const { return near_; }

  // Makes a connection on one of the two; it stays on that machine for as long as it is.
  Peer connect_near(const std::function<Peer()>& connect) const { return on(near_, connect); }
  Peer connect_far(const std::function<Peer()>& connect) const { return on(far_, connect); }

  // Does `work` on one of the two: sockets that it makes stay there.
  void run_near(const std::function<void()>& work) const { run(near_, work); }
  void run_far(const std::function<void()>& work) const { run(far_, work); }

  // At the far end, so that the near one hears nothing of it either, as behind a switch.
  void pull_the_cable() const { BOOST_REQUIRE(ip("-n " + far_ + " link set far0 down")); }

 private:
  // `ip` of iproute2. Whether it did it.
  static bool ip(const std::string& arguments) {
    return std::system(("ip " + arguments + " 2>/dev/null").c_str()) == 0;
  }
  static bool give(const std::string& name, const std::string& device, const std::string& address) {
    return ip("-n " + name + " address add " + address + "/24 dev " + device);
  }
  static bool give6(const std::string& name, const std::string& device,
                    const std::string& address) {
    return ip("-n " + name + " address add " + address + "/48 dev " + device + " nodad");
  }
  static bool up(const std::string& name, const std::string& device) {
    return ip("-n " + name + " link set " + device + " up");
  }

  // Only the thread that does the work is on that machine.
  static void run(const std::string& machine, const std::function<void()>& work) {
    Threads thread;
    thread.start([&] {
      const chat::Descriptor there(::open(("/run/netns/" + machine).c_str(), O_RDONLY | O_CLOEXEC));
      if (::setns(there.get(), CLONE_NEWNET) != 0) throw std::runtime_error("setns");
      work();
    });
    thread.join();
  }
  static Peer on(const std::string& machine, const std::function<Peer()>& connect) {
    std::unique_ptr<Peer> peer;
    run(machine, [&] { peer = std::make_unique<Peer>(connect()); });
    return std::move(*peer);
  }

  const std::string near_ = "chat-near-" + std::to_string(::getpid());
  const std::string far_ = "chat-far-" + std::to_string(::getpid());
  bool made_ = false;
};
