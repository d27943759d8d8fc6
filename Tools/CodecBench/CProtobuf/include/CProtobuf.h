// What libprotobuf's C++ does with the messages that are measured, and how often anybody allocates.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { PROTOBUF_HEARTBEAT, PROTOBUF_ASSIGNMENT, PROTOBUF_BATCH };
// Where a message's memory comes from: one allocation a part, a fresh arena a message, or the same message again.
enum { PROTOBUF_HEAP, PROTOBUF_ARENA, PROTOBUF_REUSE };

// Decodes and destroys `times` messages; false when one is refused.
bool protobuf_decode(int message, int memory, const void *bytes, size_t count, int times);

// A message that is encoded, in memory of its kind; NULL when it is refused.
void *protobuf_parse(int message, int memory, const void *bytes, size_t count);
// Writes it `times` times to `output`, and returns how many bytes that takes.
size_t protobuf_encode(void *message, void *output, size_t room, int times);
// Writes it once with its maps in order.
size_t protobuf_encode_in_order(void *message, void *output, size_t room);

// Calls of malloc and its kin since the start, of the whole process.
uint64_t allocation_count(void);

// Looks at a value as far as the optimiser can tell.
void observe(const void *value);

#ifdef __cplusplus
}
#endif
