#include "tests/support/failing_memory.hpp"

#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr long kEnough = std::numeric_limits<long>::max();

thread_local long good_allocations = kEnough;

}  // namespace

FailingMemory::FailingMemory(long good) { good_allocations = good; }
FailingMemory::~FailingMemory() { good_allocations = kEnough; }
bool FailingMemory::failed() const { return good_allocations < 0; }

// The arrays' family is made of these in the standard library; AddressSanitizer has one that does
// not throw of its own, which does not go with this delete.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (good_allocations != kEnough && --good_allocations < 0) return nullptr;
  return std::malloc(size == 0 ? 1 : size);
}

void* operator new(std::size_t size) {
  void* const memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
