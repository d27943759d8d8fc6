#include "CProtobuf.h"
#include "raft.pb.h"
#include "session.pb.h"
#include <google/protobuf/arena.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

using google::protobuf::Arena;
using google::protobuf::MessageLite;

namespace {

template <class M>
bool decode(int memory, const void *bytes, int count, int times) {
    M kept;
    for (int time = 0; time < times; time++) {
        bool taken;
        if (memory == PROTOBUF_HEAP) {
            M message;
            taken = message.ParseFromArray(bytes, count);
            observe(&message);
        } else if (memory == PROTOBUF_ARENA) {
            Arena arena;
            M *message = Arena::CreateMessage<M>(&arena);
            taken = message->ParseFromArray(bytes, count);
            observe(message);
        } else {
            taken = kept.ParseFromArray(bytes, count);
            observe(&kept);
        }
        if (!taken) return false;
    }
    return true;
}

// The bench encodes a handful of messages and ends: neither they nor their arenas are freed.
template <class M>
MessageLite *parse(int memory, const void *bytes, int count) {
    M *message = memory == PROTOBUF_ARENA ? Arena::CreateMessage<M>(new Arena) : new M;
    return message->ParseFromArray(bytes, count) ? message : nullptr;
}

} // namespace

using namespace conclave::v1;

bool protobuf_decode(int message, int memory, const void *bytes, size_t count, int times) {
    switch (message) {
    case PROTOBUF_HEARTBEAT: return decode<Heartbeat>(memory, bytes, int(count), times);
    case PROTOBUF_ASSIGNMENT: return decode<Assignment>(memory, bytes, int(count), times);
    default: return decode<RaftMessage>(memory, bytes, int(count), times);
    }
}

void *protobuf_parse(int message, int memory, const void *bytes, size_t count) {
    switch (message) {
    case PROTOBUF_HEARTBEAT: return parse<Heartbeat>(memory, bytes, int(count));
    case PROTOBUF_ASSIGNMENT: return parse<Assignment>(memory, bytes, int(count));
    default: return parse<RaftMessage>(memory, bytes, int(count));
    }
}

size_t protobuf_encode(void *message, void *output, size_t room, int times) {
    MessageLite *one = static_cast<MessageLite *>(message);
    size_t size = 0;
    for (int time = 0; time < times; time++) {
        size = one->ByteSizeLong();
        if (size > room) return 0;
        one->SerializeWithCachedSizesToArray(static_cast<uint8_t *>(output));
        observe(output);
    }
    return size;
}

size_t protobuf_encode_in_order(void *message, void *output, size_t room) {
    google::protobuf::io::ArrayOutputStream array(output, int(room));
    google::protobuf::io::CodedOutputStream stream(&array);
    stream.SetSerializationDeterministic(true);
    if (!static_cast<MessageLite *>(message)->SerializeToCodedStream(&stream)) return 0;
    return size_t(stream.ByteCount());
}
