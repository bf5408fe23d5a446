// Memory that runs out on demand, for the thread that asks for it: `new` fails from the N-th time
// on for as long as the object lives. (Works in programs that failing_memory.cpp is part of.)
#pragma once

class FailingMemory {
 public:
  // So many more allocations succeed.
  explicit FailingMemory(long good);
  ~FailingMemory();
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;

  // Whether any has failed.
  bool failed() const;
};
